-- name: merchants
-- Merchants by id.
SELECT id, live, name_en, name_zh, category, status, created_at, version, country, city_en, city_zh
FROM merchants.merchant
WHERE id = ANY($1::uuid[]);

-- name: categories
-- The categories of the merchants of a mode that have this status, each once.
SELECT DISTINCT category FROM merchants.merchant WHERE live = $1 AND status = $2 ORDER BY category;

-- name: write_merchants
-- Write merchants: new ones, and what may change of those that are there.
INSERT INTO merchants.merchant AS m (
    id, live, name_en, name_zh, category, status, created_at, version, country, city_en, city_zh
)
SELECT id, live, name_en, name_zh, category, status, created_at, version, country, city_en, city_zh
FROM unnest(
    $1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::smallint[], $6::smallint[], $7::bigint[],
    $8::integer[], $9::text[], $10::text[], $11::text[]
) AS new (id, live, name_en, name_zh, category, status, created_at, version, country, city_en, city_zh)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version;

-- name: stores
-- Stores by id.
SELECT id, merchant, name_en, name_zh, created_at, country, city_en, city_zh
FROM merchants.store
WHERE id = ANY($1::uuid[]);

-- name: stores_of
-- The stores of a merchant before an id, the newest first.
SELECT id, merchant, name_en, name_zh, created_at, country, city_en, city_zh
FROM merchants.store
WHERE merchant = $1 AND id < $2
ORDER BY id DESC
LIMIT $3;

-- name: add_stores
-- Add stores.
INSERT INTO merchants.store (id, merchant, name_en, name_zh, created_at, country, city_en, city_zh)
SELECT id, merchant, name_en, name_zh, created_at, country, city_en, city_zh
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[]
) AS new (id, merchant, name_en, name_zh, created_at, country, city_en, city_zh);

-- name: plates
-- Plates by id.
SELECT id, merchant, live, store, terminal, serial, created_at, revoked_at
FROM merchants.plate
WHERE id = ANY($1::uuid[]);

-- name: plates_of
-- A merchant's plates, the newest first, before an id.
SELECT id, merchant, live, store, terminal, serial, created_at, revoked_at
FROM merchants.plate
WHERE merchant = $1 AND live = $2 AND id < $3
ORDER BY id DESC
LIMIT $4;

-- name: last_serials
-- The highest serial number of merchants' plates.
SELECT merchant, max(serial) AS serial
FROM merchants.plate
WHERE merchant = ANY($1::uuid[])
GROUP BY merchant;

-- name: write_plates
-- Write plates: new ones, and that one is revoked.
INSERT INTO merchants.plate AS p (id, merchant, live, store, terminal, serial, created_at, revoked_at)
SELECT id, merchant, live, store, terminal, serial, created_at, revoked_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::uuid[], $5::uuid[], $6::integer[], $7::bigint[], $8::bigint[]
) AS new (id, merchant, live, store, terminal, serial, created_at, revoked_at)
ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at;
