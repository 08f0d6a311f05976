-- name: merchants
-- Merchants by id.
SELECT id, live, name_en, name_zh, category, status, created_at, version
FROM merchants.merchant
WHERE id = ANY($1::uuid[]);

-- name: write_merchants
-- Write merchants: new ones, and what may change of those that are there.
INSERT INTO merchants.merchant AS m (id, live, name_en, name_zh, category, status, created_at, version)
SELECT id, live, name_en, name_zh, category, status, created_at, version
FROM unnest(
    $1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::bigint[],
    $8::integer[]
) AS new (id, live, name_en, name_zh, category, status, created_at, version)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version;

-- name: stores
-- Stores by id.
SELECT id, merchant, name_en, name_zh, created_at FROM merchants.store WHERE id = ANY($1::uuid[]);

-- name: stores_of
-- The stores of a merchant, the oldest first.
SELECT id, merchant, name_en, name_zh, created_at FROM merchants.store WHERE merchant = $1 ORDER BY id;

-- name: add_stores
-- Add stores.
INSERT INTO merchants.store (id, merchant, name_en, name_zh, created_at)
SELECT id, merchant, name_en, name_zh, created_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
    AS new (id, merchant, name_en, name_zh, created_at);
