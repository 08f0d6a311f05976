-- name: draws
-- Draws by id, and by the payment that they are for. One row may come twice.
SELECT * FROM funding.draw WHERE id = ANY($1::uuid[])
UNION ALL
SELECT * FROM funding.draw WHERE payment = ANY($2::uuid[]);

-- name: give_backs
-- Give-backs by id, and by the draw that they are of. One row may come twice.
SELECT * FROM funding.give_back WHERE id = ANY($1::uuid[])
UNION ALL
SELECT * FROM funding.give_back WHERE draw = ANY($2::uuid[]);

-- name: give_backs_of
-- What went back to cards of a payment, the oldest first.
SELECT g.*
FROM funding.draw AS d
INNER JOIN funding.give_back AS g ON g.draw = d.id
WHERE d.payment = $1
ORDER BY g.id;

-- name: preference
-- In which order a customer wants to pay from what.
SELECT sources FROM funding.preference WHERE customer = $1;

-- name: write_preferences
-- Write in which order customers want to pay from what.
INSERT INTO funding.preference (customer, sources, changed_at)
SELECT customer, sources, changed_at
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS new (customer, sources, changed_at)
ON CONFLICT (customer) DO UPDATE SET sources = excluded.sources, changed_at = excluded.changed_at;

-- name: write_draws
-- Write draws: new ones, and what may change of those that are there.
INSERT INTO funding.draw AS d (
    id, payment, attempt, customer, card, live, bank, currency, amount, status, reason, bank_reference,
    given_back, created_at, sent_at, let_go_at, decided_at, taken_back, claimed, shortfall, taken_back_at
)
SELECT id, payment, attempt, customer, card, live, bank, currency, amount, status, reason, bank_reference,
    given_back, created_at, sent_at, let_go_at, decided_at, taken_back, claimed, shortfall, taken_back_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::boolean[], $7::text[],
    $8::smallint[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[],
    $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[]
) AS new (
    id, payment, attempt, customer, card, live, bank, currency, amount, status, reason, bank_reference,
    given_back, created_at, sent_at, let_go_at, decided_at, taken_back, claimed, shortfall, taken_back_at
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    reason = excluded.reason,
    bank_reference = excluded.bank_reference,
    given_back = excluded.given_back,
    sent_at = excluded.sent_at,
    let_go_at = excluded.let_go_at,
    decided_at = excluded.decided_at,
    taken_back = excluded.taken_back,
    claimed = excluded.claimed,
    shortfall = excluded.shortfall,
    taken_back_at = excluded.taken_back_at;

-- name: write_give_backs
-- Write give-backs: new ones, and what may change of those that are there.
INSERT INTO funding.give_back AS g (
    id, draw, payment, refund, customer, card, live, bank, currency, amount, status, reason, bank_reference,
    created_at, sent_at, decided_at
)
SELECT id, draw, payment, refund, customer, card, live, bank, currency, amount, status, reason,
    bank_reference, created_at, sent_at, decided_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::boolean[], $8::text[],
    $9::smallint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::bigint[], $15::bigint[],
    $16::bigint[]
) AS new (
    id, draw, payment, refund, customer, card, live, bank, currency, amount, status, reason,
    bank_reference, created_at, sent_at, decided_at
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    reason = excluded.reason,
    bank_reference = excluded.bank_reference,
    sent_at = excluded.sent_at,
    decided_at = excluded.decided_at;
