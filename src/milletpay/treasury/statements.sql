-- name: links
-- Every bank that we work with.
SELECT bank, live, currency, clearing, safe, own FROM treasury.link ORDER BY bank, live, currency;

-- name: add_links
-- Begin to work with banks.
INSERT INTO treasury.link (bank, live, currency, clearing, safe, own)
SELECT bank, live, currency, clearing, safe, own
FROM unnest($1::text[], $2::boolean[], $3::smallint[], $4::uuid[], $5::uuid[], $6::uuid[])
    AS new (bank, live, currency, clearing, safe, own);

-- name: movements
-- Movements by bank and reference.
SELECT m.bank, m.live, m.reference, m.kind, m.currency, m.amount, m.booked_at
FROM unnest($1::text[], $2::boolean[], $3::text[]) AS w (bank, live, reference)
INNER JOIN treasury.movement AS m ON m.bank = w.bank AND m.live = w.live AND m.reference = w.reference;

-- name: add_movements
-- Keep movements.
INSERT INTO treasury.movement (bank, live, reference, kind, currency, amount, booked_at)
SELECT bank, live, reference, kind, currency, amount, booked_at
FROM unnest($1::text[], $2::boolean[], $3::text[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[])
    AS new (bank, live, reference, kind, currency, amount, booked_at);
