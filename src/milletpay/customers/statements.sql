-- name: customers
-- Customers by id, and by mode and phone number.
SELECT id, live, phone, name, verification, status, created_at, version
FROM customers.customer
WHERE id = ANY($1::uuid[])
UNION
SELECT c.id, c.live, c.phone, c.name, c.verification, c.status, c.created_at, c.version
FROM unnest($2::boolean[], $3::text[]) AS w (live, phone)
INNER JOIN customers.customer AS c ON c.phone = w.phone AND c.live = w.live;

-- name: write_customers
-- Write customers: new ones, and what may change of those that are there.
INSERT INTO customers.customer AS c (id, live, phone, name, verification, status, created_at, version)
SELECT id, live, phone, name, verification, status, created_at, version
FROM unnest(
    $1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::bigint[],
    $8::integer[]
) AS new (id, live, phone, name, verification, status, created_at, version)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name,
    verification = excluded.verification,
    status = excluded.status,
    version = excluded.version;
