-- name: cards
-- Cards by id, and by customer and bank's token.
SELECT id, customer, live, bank, token, masked, bound_at, removed_at, version
FROM wallets.card
WHERE id = ANY($1::uuid[])
UNION
SELECT t.id, t.customer, t.live, t.bank, t.token, t.masked, t.bound_at, t.removed_at, t.version
FROM unnest($2::uuid[], $3::text[]) AS w (customer, name)
INNER JOIN wallets.card AS t ON t.customer = w.customer AND t.bank || ' ' || t.token = w.name;

-- name: top_ups
-- Top-ups by id, and by customer and reference.
SELECT id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, shortfall
FROM wallets.top_up
WHERE id = ANY($1::uuid[])
UNION
SELECT t.id, t.customer, t.live, t.bank, t.card, t.currency, t.amount, t.status, t.decline, t.reason,
    t.reference, t.counted_on, t.bank_reference, t.created_at, t.sent_at, t.decided_at, t.version,
    t.shortfall
FROM unnest($2::uuid[], $3::text[]) AS w (customer, reference)
INNER JOIN wallets.top_up AS t ON t.customer = w.customer AND t.reference = w.reference AND t.reference <> '';

-- name: withdrawals
-- Withdrawals by id, and by customer and reference.
SELECT id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, fee
FROM wallets.withdrawal
WHERE id = ANY($1::uuid[])
UNION
SELECT t.id, t.customer, t.live, t.bank, t.card, t.currency, t.amount, t.status, t.decline, t.reason,
    t.reference, t.counted_on, t.bank_reference, t.created_at, t.sent_at, t.decided_at, t.version,
    t.fee
FROM unnest($2::uuid[], $3::text[]) AS w (customer, reference)
INNER JOIN wallets.withdrawal AS t ON t.customer = w.customer AND t.reference = w.reference AND
t.reference <> '';

-- name: sends
-- Sends by id, and by customer and reference.
SELECT id, customer, recipient, live, currency, amount, note, status, decline, reference, created_at
FROM wallets.send
WHERE id = ANY($1::uuid[])
UNION
SELECT t.id, t.customer, t.recipient, t.live, t.currency, t.amount, t.note, t.status, t.decline,
    t.reference, t.created_at
FROM unnest($2::uuid[], $3::text[]) AS w (customer, reference)
INNER JOIN wallets.send AS t ON t.customer = w.customer AND t.reference = w.reference AND t.reference <> '';

-- name: write_cards
-- Write cards: new ones, and what may change of those that are there.
INSERT INTO wallets.card AS c (id, customer, live, bank, token, masked, bound_at, removed_at, version)
SELECT id, customer, live, bank, token, masked, bound_at, removed_at, version
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
    $9::integer[]
) AS new (id, customer, live, bank, token, masked, bound_at, removed_at, version)
ON CONFLICT (id) DO UPDATE SET
    bound_at = excluded.bound_at,
    removed_at = excluded.removed_at,
    version = excluded.version;

-- name: write_top_ups
-- Write top-ups: new ones, and what may change of those that are there.
INSERT INTO wallets.top_up AS t (
    id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, shortfall
)
SELECT id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, shortfall
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::uuid[], $6::smallint[], $7::bigint[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::integer[], $13::text[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::integer[], $18::bigint[]
) AS new (
    id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, shortfall
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    decline = excluded.decline,
    reason = excluded.reason,
    counted_on = excluded.counted_on,
    bank_reference = excluded.bank_reference,
    sent_at = excluded.sent_at,
    decided_at = excluded.decided_at,
    version = excluded.version,
    shortfall = excluded.shortfall;

-- name: write_withdrawals
-- Write withdrawals: new ones, and what may change of those that are there.
INSERT INTO wallets.withdrawal AS t (
    id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, fee
)
SELECT id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, fee
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::uuid[], $6::smallint[], $7::bigint[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::integer[], $13::text[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::integer[], $18::bigint[]
) AS new (
    id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, fee
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    decline = excluded.decline,
    reason = excluded.reason,
    counted_on = excluded.counted_on,
    bank_reference = excluded.bank_reference,
    sent_at = excluded.sent_at,
    decided_at = excluded.decided_at,
    version = excluded.version;

-- name: add_sends
-- Add sends.
INSERT INTO wallets.send (
    id, customer, recipient, live, currency, amount, note, status, decline, reference, created_at
)
SELECT id, customer, recipient, live, currency, amount, note, status, decline, reference, created_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::smallint[], $6::bigint[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::bigint[]
) AS new (id, customer, recipient, live, currency, amount, note, status, decline, reference, created_at);

-- name: cards_of
-- The cards that a customer has bound, the newest first.
SELECT id, customer, live, bank, token, masked, bound_at, removed_at, version
FROM wallets.card
WHERE customer = $1 AND removed_at = 0
ORDER BY id DESC;

-- name: top_ups_of
-- A customer's top-ups before an id, the newest first.
SELECT id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, shortfall
FROM wallets.top_up
WHERE customer = $1 AND id < $2
ORDER BY id DESC
LIMIT $3;

-- name: withdrawals_of
-- A customer's withdrawals before an id, the newest first.
SELECT id, customer, live, bank, card, currency, amount, status, decline, reason, reference, counted_on,
    bank_reference, created_at, sent_at, decided_at, version, fee
FROM wallets.withdrawal
WHERE customer = $1 AND id < $2
ORDER BY id DESC
LIMIT $3;

-- name: sends_of
-- What a customer has sent, and what it was sent, before an id, the newest first.
(
    SELECT id, customer, recipient, live, currency, amount, note, status, decline, reference, created_at
    FROM wallets.send
    WHERE customer = $1 AND id < $2
    ORDER BY id DESC
    LIMIT $3
)
UNION ALL
(
    SELECT id, customer, recipient, live, currency, amount, note, status, decline, reference, created_at
    FROM wallets.send
    WHERE recipient = $1 AND status = 'succeeded' AND id < $2
    ORDER BY id DESC
    LIMIT $3
)
ORDER BY id DESC
LIMIT $3;

-- name: deposit_numbers
-- Deposit numbers by themselves, and by customer.
SELECT number, customer FROM wallets.deposit_number WHERE number = ANY($1::bigint[])
UNION
SELECT number, customer FROM wallets.deposit_number WHERE customer = ANY($2::uuid[]);

-- name: give_deposit_numbers
-- Give customers their deposit numbers.
INSERT INTO wallets.deposit_number (number, customer)
SELECT number, customer FROM unnest($1::bigint[], $2::uuid[]) AS n (number, customer);

-- name: receipts
-- Receipts by id, and by how their banks call them.
SELECT
    id, live, bank, bank_reference, currency, amount, token, payer, remark, status, customer, unclaimed,
    received_at, claimed_at, version
FROM wallets.receipt
WHERE id = ANY($1::uuid[])
UNION
SELECT
    r.id, r.live, r.bank, r.bank_reference, r.currency, r.amount, r.token, r.payer, r.remark, r.status,
    r.customer, r.unclaimed, r.received_at, r.claimed_at, r.version
FROM unnest($2::text[], $3::boolean[], $4::text[]) AS w (bank, live, bank_reference)
INNER JOIN wallets.receipt AS r
    ON r.bank = w.bank AND r.live = w.live AND r.bank_reference = w.bank_reference;

-- name: unclaimed_receipts
-- What is in suspense, also what is on its way back, the oldest first.
SELECT
    id, live, bank, bank_reference, currency, amount, token, payer, remark, status, customer, unclaimed,
    received_at, claimed_at, version
FROM wallets.receipt
WHERE status IN ('unclaimed', 'returning')
ORDER BY id
LIMIT $1;

-- name: write_receipts
-- Write receipts: new ones, and that one was claimed.
INSERT INTO wallets.receipt AS r (
    id, live, bank, bank_reference, currency, amount, token, payer, remark, status, customer, unclaimed,
    received_at, claimed_at, version
)
SELECT *
FROM unnest(
    $1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::smallint[], $6::bigint[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::uuid[], $12::text[], $13::bigint[], $14::bigint[], $15::integer[]
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    customer = excluded.customer,
    claimed_at = excluded.claimed_at,
    version = excluded.version;

-- name: receipt_returns
-- Returns by id, and by the receipt that they are of.
SELECT * FROM wallets.receipt_return WHERE id = ANY($1::uuid[]) OR receipt = ANY($2::uuid[]);

-- name: write_receipt_returns
-- Write returns: new ones, and what may change of those that are there.
INSERT INTO wallets.receipt_return (
    id, receipt, why, status, reason, bank_reference, created_at, sent_at, decided_at
)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
    $9::bigint[]
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    reason = excluded.reason,
    bank_reference = excluded.bank_reference,
    sent_at = excluded.sent_at,
    decided_at = excluded.decided_at;
