-- name: payments
-- Payments by id, by idempotency key, and by the merchant's reference.
-- One row may come several times. Each name is looked up by itself: a join might read all of a merchant's.
-- The index of keys is partial, and a plan for any array does not see by itself that it can be used.
SELECT * FROM payments.payment WHERE id = ANY($1::uuid[])
UNION ALL
SELECT * FROM payments.payment WHERE key_hash = ANY($2::uuid[]) AND key_hash IS NOT NULL
UNION ALL
SELECT found.*
FROM unnest($3::uuid[], $4::boolean[], $5::text[]) AS named (merchant, live, reference)
CROSS JOIN LATERAL (
    SELECT p.*
    FROM payments.payment AS p
    WHERE p.merchant = named.merchant AND p.live = named.live AND p.reference = named.reference
    LIMIT 1
) AS found;

-- name: refunds
-- Refunds by idempotency key, and by the merchant's reference.
-- As `payments`.
SELECT * FROM payments.refund WHERE key_hash = ANY($1::uuid[]) AND key_hash IS NOT NULL
UNION ALL
SELECT found.*
FROM unnest($2::uuid[], $3::boolean[], $4::text[]) AS named (merchant, live, reference)
CROSS JOIN LATERAL (
    SELECT r.*
    FROM payments.refund AS r
    WHERE r.merchant = named.merchant AND r.live = named.live AND r.reference = named.reference
    LIMIT 1
) AS found;

-- name: agreements
-- Agreements by id, by idempotency key, and by the merchant's reference.
-- One row may come several times. Each name is looked up by itself: a join might read all of a merchant's.
-- The index of keys is partial, and a plan for any array does not see by itself that it can be used.
SELECT * FROM payments.agreement WHERE id = ANY($1::uuid[])
UNION ALL
SELECT * FROM payments.agreement WHERE key_hash = ANY($2::uuid[]) AND key_hash IS NOT NULL
UNION ALL
SELECT found.*
FROM unnest($3::uuid[], $4::boolean[], $5::text[]) AS named (merchant, live, reference)
CROSS JOIN LATERAL (
    SELECT a.*
    FROM payments.agreement AS a
    WHERE a.merchant = named.merchant AND a.live = named.live AND a.reference = named.reference
    LIMIT 1
) AS found;

-- name: marks
-- Which of these references were reversed before they were paid.
SELECT m.merchant, m.live, m.reference
FROM unnest($1::uuid[], $2::boolean[], $3::text[]) AS named (merchant, live, reference)
CROSS JOIN LATERAL (
    SELECT m.merchant, m.live, m.reference
    FROM payments.mark AS m
    WHERE m.merchant = named.merchant AND m.live = named.live AND m.reference = named.reference
    LIMIT 1
) AS m;

-- name: add_payments
-- Write new payments.
INSERT INTO payments.payment (
    id, merchant, customer, agreement, store, terminal, device, plate, person, key_hash, body_hash,
    created_at, expires_at, due_at, amount, authorized, captured, refunded, fee, contract, quote,
    fee_on_refund, counted_on, events, live, currency, status, first_status, capture_method, decline,
    reference, description, return_url, metadata, flags, attempts, presented, card
)
SELECT
    id, merchant, customer, agreement, store, terminal, device, plate, person, key_hash, body_hash,
    created_at, coalesce(expires_at, 0), coalesce(due_at, 0), amount, authorized, captured,
    coalesce(refunded, 0), fee, contract, quote, fee_on_refund, counted_on, events, live, currency, status,
    first_status, capture_method, decline, reference, coalesce(description, ''), coalesce(return_url, ''),
    coalesce(metadata, ''), coalesce(flags, ''), coalesce(attempts, 0), presented, card
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
    $9::uuid[], $10::uuid[], $11::uuid[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::uuid[], $21::bigint[], $22::smallint[],
    $23::integer[], $24::integer[], $25::boolean[], $26::text[], $27::text[], $28::text[], $29::text[],
    $30::text[], $31::text[], $32::text[], $33::text[], $34::text[], $35::text[], $36::integer[],
    $37::text[], $38::text[]
) AS n (
    id, merchant, customer, agreement, store, terminal, device, plate, person, key_hash, body_hash,
    created_at, expires_at, due_at, amount, authorized, captured, refunded, fee, contract, quote,
    fee_on_refund, counted_on, events, live, currency, status, first_status, capture_method, decline,
    reference, description, return_url, metadata, flags, attempts, presented, card
);

-- name: change_payments
-- Write what may change of payments that are there.
UPDATE payments.payment AS p
SET
    customer = n.customer,
    due_at = n.due_at,
    authorized = n.authorized,
    captured = n.captured,
    refunded = n.refunded,
    fee = n.fee,
    counted_on = n.counted_on,
    events = n.events,
    attempts = n.attempts,
    status = n.status,
    decline = n.decline,
    card = n.card
FROM unnest(
    $1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::integer[], $9::integer[], $10::integer[], $11::text[], $12::text[],
    $13::text[]
) AS n (
    id, customer, due_at, authorized, captured, refunded, fee, counted_on, events, attempts, status, decline,
    card
)
WHERE p.id = n.id;

-- name: write_taken_back
-- Write what banks took back of payments.
UPDATE payments.payment AS p SET taken_back = n.taken_back
FROM unnest($1::uuid[], $2::bigint[]) AS n (id, taken_back)
WHERE p.id = n.id;

-- name: announcements
-- Announcements of these agreements, for $2 or later, whatever became of them.
SELECT id, agreement, amount, charge_on, announced_at, payment, withdrawn_at
FROM payments.announcement
WHERE agreement = ANY($1::uuid[]) AND charge_on >= $2;

-- name: announcement
-- An announcement, whatever became of it.
SELECT id, agreement, amount, charge_on, announced_at, payment, withdrawn_at
FROM payments.announcement WHERE id = $1;

-- name: announcements_of
-- The announcements of an agreement that a charge can still use, the next first.
SELECT id, agreement, amount, charge_on, announced_at, payment, withdrawn_at
FROM payments.announcement
WHERE agreement = $1 AND payment IS NULL AND withdrawn_at = 0
ORDER BY charge_on, id;

-- name: write_announcements
-- Write announcements: new ones, and what became of them.
INSERT INTO payments.announcement (id, agreement, amount, charge_on, announced_at, payment, withdrawn_at)
SELECT id, agreement, amount, charge_on, announced_at, payment, withdrawn_at
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::integer[], $5::bigint[], $6::uuid[], $7::bigint[])
    AS n (id, agreement, amount, charge_on, announced_at, payment, withdrawn_at)
ON CONFLICT (id) DO UPDATE SET payment = excluded.payment, withdrawn_at = excluded.withdrawn_at;

-- name: free_announcements
-- Announcements of charges that have ended without money: another charge may use them.
UPDATE payments.announcement SET payment = NULL WHERE payment = ANY($1::uuid[]);

-- name: add_attempts
-- Write tries to pay.
INSERT INTO payments.attempt (payment, number, customer, decline, at, outcome, card)
SELECT payment, number, customer, decline, at, outcome, card
FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[])
    AS n (payment, number, customer, decline, at, outcome, card);

-- name: change_attempts
-- Write what became of tries that were pending.
UPDATE payments.attempt AS a
SET outcome = n.outcome, decline = n.decline
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[]) AS n (payment, number, outcome, decline)
WHERE a.payment = n.payment AND a.number = n.number;

-- name: attempts_of
-- The tries to pay a payment, the first first.
SELECT payment, number, customer, decline, at, outcome, card
FROM payments.attempt
WHERE payment = $1
ORDER BY number;

-- name: add_refunds
-- Write new refunds.
INSERT INTO payments.refund (
    id, payment, merchant, live, amount, fee_back, currency, key_hash, body_hash, reference, reason,
    created_at, status, destination
)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::bigint[], $6::bigint[], $7::text[], $8::uuid[],
    $9::uuid[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::text[]
);

-- name: change_refunds
-- Write how far refunds are, that go back to cards.
UPDATE payments.refund AS r
SET status = n.status, destination = n.destination, events = n.events
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[]) AS n (id, status, destination, events)
WHERE r.id = n.id;

-- name: refunds_by_id
-- Refunds by id.
SELECT * FROM payments.refund WHERE id = ANY($1::uuid[]);

-- name: add_marks
-- Note reversals that came before their payments.
INSERT INTO payments.mark (merchant, live, reference, created_at)
SELECT m.merchant, m.live, m.reference, $4 FROM unnest($1::uuid[], $2::boolean[], $3::text[])
    AS m (merchant, live, reference);

-- name: write_agreements
-- Write agreements: new ones, and what may change of those that are there.
INSERT INTO payments.agreement AS a (
    id, merchant, live, customer, status, currency, charge_limit, day_limit, month_limit, day_charges,
    notice_days, reference, key_hash, body_hash, description, sources, created_at, signed_at, canceled_at,
    events
)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::integer[], $11::integer[], $12::text[], $13::uuid[], $14::uuid[], $15::text[],
    $16::text[], $17::bigint[], $18::bigint[], $19::bigint[], $20::integer[]
)
ON CONFLICT (id) DO UPDATE SET
    customer = excluded.customer,
    status = excluded.status,
    sources = excluded.sources,
    signed_at = excluded.signed_at,
    canceled_at = excluded.canceled_at,
    events = excluded.events;

-- name: due
-- Payments whose time is over.
SELECT id FROM payments.payment
WHERE due_at > 0 AND due_at <= $1
ORDER BY due_at
LIMIT $2;

-- name: payment
-- One payment.
SELECT * FROM payments.payment WHERE id = $1;

-- name: payments_of
-- A merchant's payments, the newest first, before an id.
SELECT * FROM payments.payment
WHERE merchant = $1 AND live = $2 AND id < $3
ORDER BY id DESC
LIMIT $4;

-- name: payments_of_store
-- A store's payments, the newest first, before an id.
SELECT * FROM payments.payment
WHERE store = $4 AND merchant = $1 AND live = $2 AND id < $3
ORDER BY id DESC
LIMIT $5;

-- name: payment_of_reference
-- The merchant's payment of a reference; of a store alone, if one is named.
SELECT * FROM payments.payment
WHERE merchant = $1 AND live = $2 AND reference = $3 AND ($4::uuid IS NULL OR store = $4);

-- name: payments_of_device
-- What a device has asked for, the newest first.
SELECT * FROM payments.payment
WHERE device = $1 AND ($2::text IS NULL OR metadata = $2)
ORDER BY id DESC
LIMIT $3;

-- name: payments_asked
-- What devices have asked for that can be paid at $2, the newest first.
SELECT * FROM payments.payment
WHERE device = ANY($1::uuid[]) AND status = 'awaiting_payment' AND (expires_at = 0 OR expires_at > $2)
ORDER BY id DESC
LIMIT 50;

-- name: versions_asked
-- A number for each of these devices that tells what it asks for at $2 from another state of it, above an id.
SELECT
    device,
    hashtextextended(string_agg(concat(id, events), ',' ORDER BY id), 0) & 9223372036854775807 AS version
FROM payments.payment
WHERE
    device = ANY($1::uuid[]) AND id >= $3
    AND status = 'awaiting_payment' AND (expires_at = 0 OR expires_at > $2)
GROUP BY device;

-- name: refund
-- One refund.
SELECT * FROM payments.refund WHERE id = $1;

-- name: refunds_of
-- The refunds of a payment, the oldest first.
SELECT * FROM payments.refund WHERE payment = $1 ORDER BY id;

-- name: agreement
-- One agreement.
SELECT * FROM payments.agreement WHERE id = $1;

-- name: agreements_of_customer
-- A customer's agreements before an id, the newest first.
SELECT * FROM payments.agreement WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3;

-- name: versions
-- How many events payments have had.
SELECT id, events FROM payments.payment WHERE id = ANY($1::uuid[]);

-- name: count_payments
-- How many payments of a mode are in a state.
SELECT count(*) FROM payments.payment WHERE live = $1 AND status = $2;

-- name: paid_at_plates
-- The last payments that took money at these plates, the newest first; at most so many of each.
SELECT p.plate, p.store, p.customer, p.amount, p.created_at
FROM unnest($1::uuid[]) AS named (plate)
CROSS JOIN LATERAL (
    SELECT p.plate, p.store, p.customer, p.amount, p.created_at, p.id
    FROM payments.payment AS p
    WHERE p.plate = named.plate AND p.captured > 0
    ORDER BY p.id DESC
    LIMIT $2
) AS p
ORDER BY p.id DESC;

-- name: paid_by_scanners
-- The last payment of each of these customers that took money at a plate.
SELECT p.plate, p.store, p.customer, p.amount, p.created_at
FROM unnest($1::uuid[]) AS named (customer)
CROSS JOIN LATERAL (
    SELECT p.plate, p.store, p.customer, p.amount, p.created_at
    FROM payments.payment AS p
    WHERE p.customer = named.customer AND p.plate IS NOT NULL AND p.captured > 0
    ORDER BY p.id DESC
    LIMIT 1
) AS p;

-- name: payments_presented
-- What a customer's codes were shown for, from an id on, the newest first.
SELECT * FROM payments.payment
WHERE customer = $1 AND presented IS NOT NULL AND id >= $2
ORDER BY id DESC
LIMIT 50;

-- name: versions_presented
-- A number for each of these customers that tells what their codes were shown for from another state of it.
SELECT
    customer,
    hashtextextended(string_agg(concat(id, events), ',' ORDER BY id), 0) & 9223372036854775807 AS version
FROM payments.payment
WHERE customer = ANY($1::uuid[]) AND presented IS NOT NULL AND id >= $2
GROUP BY customer;

-- name: plates_paid_since
-- What was paid at the plates of a store, of payments made after an id, the oldest first.
SELECT * FROM payments.payment
WHERE
    store = $4 AND merchant = $1 AND live = $2 AND id > $3
    AND plate IS NOT NULL AND status = 'succeeded'
ORDER BY id
LIMIT $5;
