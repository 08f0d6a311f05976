-- name: sim_add_card
-- Issue a card, unless it is there.
INSERT INTO rails.sim_card (bank, live, token, masked, balance)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bank, live, token) DO NOTHING;

-- name: sim_move_on_card
-- Move money on a card, if there is enough on it.
UPDATE rails.sim_card SET balance = balance + $4
WHERE bank = $1 AND live = $2 AND token = $3 AND balance + $4 >= 0
RETURNING balance;

-- name: sim_find_card
-- A card by its token.
SELECT masked, balance FROM rails.sim_card WHERE bank = $1 AND live = $2 AND token = $3;

-- name: sim_lock
-- One order at a time for a bank, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('simulated bank ' || $1, 0));

-- name: sim_find_order
-- An order by its reference.
SELECT reference, direction, token, currency, amount, original, reason, unanswered, decided_at
FROM rails.sim_order
WHERE bank = $1 AND live = $2 AND reference = $3;

-- name: sim_left_of
-- What of an order can still be given back, at a moment.
SELECT greatest(0, amount - given - CASE WHEN come_back_at <= $4 THEN back ELSE 0 END)::bigint AS amount
FROM rails.sim_moved
WHERE bank = $1 AND live = $2 AND reference = $3;

-- name: sim_take_back
-- Move money of an order back now, which succeeded and was not moved back before.
UPDATE rails.sim_order SET come_back_at = $4, come_back_day = $5, moved_back = $6
WHERE bank = $1 AND live = $2 AND reference = $3 AND reason IS NULL AND come_back_at IS NULL
RETURNING reference;

-- name: sim_add_order
-- Keep an order that has arrived.
INSERT INTO rails.sim_order (
    bank, live, reference, direction, token, currency, amount, original, reason, unanswered, decided_at,
    decided_day, come_back_at, come_back_day
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: sim_stay_silent
-- One call about an order gets no answer.
UPDATE rails.sim_order SET unanswered = unanswered - 1
WHERE bank = $1 AND live = $2 AND reference = $3 AND unanswered > 0
RETURNING unanswered;

-- name: sim_add_notice
-- Something to tell, not before its moment.
INSERT INTO rails.sim_notice (bank, live, kind, reference, told_at) VALUES ($1, $2, $3, $4, $5);

-- name: sim_notices
-- What is to be told by now, the oldest first but for $5, with the orders as they are, and what was received.
-- Nothing is told of an order of which nothing was left to be moved back.
SELECT
    n.id, n.kind, n.reference, o.reason, o.decided_at, o.back, o.currency AS back_currency,
    r.token, r.payer, r.remark, r.currency, r.amount
FROM rails.sim_notice AS n
LEFT JOIN rails.sim_moved AS o ON o.bank = n.bank AND o.live = n.live AND o.reference = n.reference
LEFT JOIN rails.sim_receipt AS r ON r.bank = n.bank AND r.live = n.live AND r.reference = n.reference
WHERE n.bank = $1 AND n.live = $2 AND n.told_at <= $3 AND (n.kind <> 'come_back' OR o.back <> 0)
ORDER BY n.told_at, n.id
LIMIT $4 OFFSET $5;

-- name: sim_acknowledge
-- Tell these no more.
DELETE FROM rails.sim_notice WHERE bank = $1 AND live = $2 AND id = ANY($3::bigint[]);

-- name: sim_add_fault
-- Let something go wrong.
INSERT INTO rails.sim_fault (
    bank, live, direction, orders, per_10_000, lost, reason, unanswered, decided_after_ns, notices,
    comes_back_after_ns
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: sim_take_fault
-- The oldest fault that fits an order which drew a number below 10,000. One that was for this order alone
-- is used up.
WITH found AS (
    SELECT id, orders
    FROM rails.sim_fault
    WHERE bank = $1 AND live = $2 AND direction = $3 AND per_10_000 > $4
    ORDER BY id
    LIMIT 1
),

used AS (
    DELETE FROM rails.sim_fault AS f USING found WHERE f.id = found.id AND found.orders = 1
    RETURNING f.lost, f.reason, f.unanswered, f.decided_after_ns, f.notices, f.comes_back_after_ns
),

kept AS (
    UPDATE rails.sim_fault AS f SET orders = f.orders - 1 FROM found
    WHERE f.id = found.id AND found.orders IS DISTINCT FROM 1
    RETURNING f.lost, f.reason, f.unanswered, f.decided_after_ns, f.notices, f.comes_back_after_ns
)

SELECT lost, reason, unanswered, decided_after_ns, notices, comes_back_after_ns FROM used
UNION ALL
SELECT lost, reason, unanswered, decided_after_ns, notices, comes_back_after_ns FROM kept;

-- name: sim_clear_faults
-- Let nothing go wrong from now on.
DELETE FROM rails.sim_fault WHERE bank = $1 AND live = $2;

-- name: sim_add_receipt
-- Money arrives from outside.
INSERT INTO rails.sim_receipt (bank, live, reference, token, payer, remark, currency, amount, day)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (bank, live, reference) DO NOTHING;

-- name: sim_has_sent
-- Whether money came from this account, so that some can be paid to it.
SELECT EXISTS (SELECT FROM rails.sim_receipt WHERE bank = $1 AND live = $2 AND token = $3);

-- name: sim_payments
-- Payments that went out on day $4, those that came back on it, and what was received.
SELECT 'payment' AS kind, reference, amount
FROM rails.sim_order
WHERE bank = $1 AND live = $2 AND currency = $3 AND direction = 2 AND reason IS NULL AND decided_day = $4
UNION ALL
SELECT 'return' AS kind, reference, amount
FROM rails.sim_order
WHERE bank = $1 AND live = $2 AND currency = $3 AND direction = 2 AND reason IS NULL AND come_back_day = $4
UNION ALL
SELECT 'receipt' AS kind, reference, amount
FROM rails.sim_receipt
WHERE bank = $1 AND live = $2 AND currency = $3 AND day = $4
ORDER BY kind, reference;

-- name: sim_settled
-- What a bank settles on the day after day $4: what was collected until then less what was given or taken
-- back, beyond what it has settled before. When more went back than was collected, the bank waits until
-- later days make up for it.
WITH day_net AS (
    SELECT moved.day, sum(moved.amount) AS net
    FROM (
        SELECT decided_day AS day, amount
        FROM rails.sim_order
        WHERE bank = $1 AND live = $2 AND currency = $3 AND direction = 1 AND reason IS NULL
        UNION ALL
        SELECT come_back_day AS day, -back
        FROM rails.sim_moved
        WHERE bank = $1 AND live = $2 AND currency = $3 AND direction = 1 AND come_back_day IS NOT NULL
        UNION ALL
        SELECT decided_day AS day, -amount
        FROM rails.sim_order
        WHERE bank = $1 AND live = $2 AND currency = $3 AND direction = 3 AND reason IS NULL
    ) AS moved
    WHERE moved.day <= $4
    GROUP BY moved.day
),

so_far AS (
    SELECT day, sum(net) OVER (ORDER BY day) AS net FROM day_net
)

SELECT (greatest(0, max(net)) - greatest(0, max(net) FILTER (WHERE day < $4)))::bigint AS amount FROM so_far;
