-- name: customers
-- Customers by id, and by mode and phone number.
SELECT id, live, phone, name, verification, person, status, created_at, version
FROM customers.customer
WHERE id = ANY($1::uuid[])
UNION
SELECT c.id, c.live, c.phone, c.name, c.verification, c.person, c.status, c.created_at, c.version
FROM unnest($2::boolean[], $3::text[]) AS w (live, phone)
INNER JOIN customers.customer AS c ON c.phone = w.phone AND c.live = w.live;

-- name: same_persons
-- All customers who are the same persons as these.
SELECT c.id, c.live, c.phone, c.name, c.verification, c.person, c.status, c.created_at, c.version
FROM customers.customer AS named
INNER JOIN customers.customer AS c ON c.person = named.person
WHERE named.id = ANY($1::uuid[]);

-- name: write_customers
-- Write customers: new ones, and what may change of those that are there.
INSERT INTO customers.customer AS c (
    id, live, phone, name, verification, person, status, created_at, version
)
SELECT id, live, phone, name, verification, person, status, created_at, version
FROM unnest(
    $1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::smallint[], $6::uuid[], $7::smallint[],
    $8::bigint[], $9::integer[]
) AS new (id, live, phone, name, verification, person, status, created_at, version)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    verification = excluded.verification,
    person = excluded.person,
    status = excluded.status,
    version = excluded.version;

-- name: devices
-- Devices by id.
SELECT
    id, customer, live, kind, name, created_at, retired_at, version, each_max, day_max, currency, categories,
    from_hour, to_hour
FROM customers.device
WHERE id = ANY($1::uuid[]);

-- name: devices_of
-- A customer's devices before an id, the newest first.
SELECT
    id, customer, live, kind, name, created_at, retired_at, version, each_max, day_max, currency, categories,
    from_hour, to_hour
FROM customers.device
WHERE customer = $1 AND id < $2
ORDER BY id DESC
LIMIT $3;

-- name: devices_in_use
-- A customer's devices in use, the newest first.
SELECT
    id, customer, live, kind, name, created_at, retired_at, version, each_max, day_max, currency, categories,
    from_hour, to_hour
FROM customers.device
WHERE customer = $1 AND retired_at = 0
ORDER BY id DESC;

-- name: active_devices
-- The devices in use of customers.
SELECT id, customer FROM customers.device WHERE customer = ANY($1::uuid[]) AND retired_at = 0;

-- name: count_devices
-- How many devices in use customers have, and how many they have ever had.
SELECT
    customer,
    count(*) FILTER (WHERE retired_at = 0) AS in_use,
    count(*) AS ever
FROM customers.device
WHERE customer = ANY($1::uuid[])
GROUP BY customer;

-- name: write_devices
-- Write devices: new ones, and what may change of those that are there.
INSERT INTO customers.device AS d (id, customer, live, kind, name, created_at, retired_at, version)
SELECT id, customer, live, kind, name, created_at, retired_at, version
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::smallint[], $5::text[], $6::bigint[], $7::bigint[],
    $8::integer[]
) AS new (id, customer, live, kind, name, created_at, retired_at, version)
ON CONFLICT (id) DO UPDATE SET retired_at = excluded.retired_at, version = excluded.version;

-- name: write_allowances
-- Write what may be bought on devices; the categories stand in one text, parted by commas.
UPDATE customers.device AS d
SET
    each_max = n.each_max,
    day_max = n.day_max,
    currency = n.currency,
    categories = string_to_array(n.categories, ',')::integer [],
    from_hour = n.from_hour,
    to_hour = n.to_hour
FROM unnest(
    $1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::smallint[], $7::smallint[]
) AS n (id, each_max, day_max, currency, categories, from_hour, to_hour)
WHERE d.id = n.id;
