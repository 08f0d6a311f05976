-- name: terminals
-- Terminals by id, and by the code that waits to pair them. One row may come twice.
SELECT * FROM terminals.terminal WHERE id = ANY($1::uuid[])
UNION ALL
SELECT * FROM terminals.terminal WHERE pairing_mac = ANY($2::bytea[]) AND pairing_mac <> '';

-- name: terminal_by_number
-- The terminal of a terminal number.
SELECT * FROM terminals.terminal WHERE house_number = $1;

-- name: terminals_of
-- A merchant's terminals, the newest first, before an id.
SELECT * FROM terminals.terminal
WHERE merchant = $1 AND live = $2 AND id < $3
ORDER BY id DESC
LIMIT $4;

-- name: numbers
-- The last numbers that were given: of all terminals, of all merchants with terminals.
SELECT
    coalesce(max(house_number), 0) AS house_number,
    coalesce(max(merchant_number), 0) AS merchant_number
FROM terminals.terminal;

-- name: numbers_of_stores
-- The last number that was given in each of these stores.
SELECT store, max(number) AS number FROM terminals.terminal WHERE store = ANY($1::uuid[]) GROUP BY store;

-- name: numbers_of_merchants
-- The number of each of these merchants.
SELECT DISTINCT merchant, merchant_number FROM terminals.terminal WHERE merchant = ANY($1::uuid[]);

-- name: write_terminals
-- Write terminals: new ones, and what may change of those that are there.
INSERT INTO terminals.terminal (
    id, merchant, live, store, kind, name, number, house_number, merchant_number, refund_max, created_at,
    retired_at, pairings, paired_at, pairing_mac, pairing_until
)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::uuid[], $5::smallint[], $6::text[], $7::integer[],
    $8::integer[], $9::integer[], $10::bigint[], $11::bigint[], $12::bigint[], $13::integer[],
    $14::bigint[], $15::bytea[], $16::bigint[]
)
ON CONFLICT (id) DO UPDATE SET
    retired_at = excluded.retired_at,
    pairings = excluded.pairings,
    paired_at = excluded.paired_at,
    pairing_mac = excluded.pairing_mac,
    pairing_until = excluded.pairing_until;
