-- name: settings
-- What figures depend on, as this session has it.
SELECT s.name, s.setting || coalesce(' ' || nullif(s.unit, ''), '') AS value
FROM pg_catalog.pg_settings AS s
WHERE
    s.name IN (
        'server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums',
        'wal_sync_method', 'wal_level', 'wal_buffers', 'wal_compression', 'shared_buffers', 'max_wal_size',
        'checkpoint_timeout'
    )
ORDER BY s.name;

-- name: add_customers
-- Customers of play money, for phones that show codes; the numbers tell their phone numbers apart.
INSERT INTO customers.customer (  -- house: allow own-schema: a million phones one by one take an hour
    id, live, phone, name, verification, person, status, created_at, version
)
SELECT n.id, false, concat('+1', 1000000000 + n.number), 'bench', 3, n.id, 1, 1, 1
FROM unnest($1::uuid[], $2::integer[]) AS n (id, number);

-- name: add_devices
-- Phones of customers.
INSERT INTO customers.device (  -- house: allow own-schema: a million phones one by one take an hour
    id, customer, live, kind, name, created_at, version
)
SELECT n.id, n.customer, false, 1, 'bench', 1, 1
FROM unnest($1::uuid[], $2::uuid[]) AS n (id, customer);

-- name: add_phones
-- Phones that show codes.
INSERT INTO payments.presenter (  -- house: allow own-schema: a million phones one by one take an hour
    number, device, customer, live, version, enrolled_at
)
SELECT n.number, n.device, n.customer, false, 1, 1
FROM unnest($1::integer[], $2::uuid[], $3::uuid[]) AS n (number, device, customer);
