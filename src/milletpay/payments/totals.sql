-- name: count_payments
-- How many payments there are.
SELECT count(*) AS payments FROM payments.payment;

-- name: count_attempts
-- How many attempts there are.
SELECT count(*) AS attempts FROM payments.attempt;

-- name: count_refunds
-- How many refunds there are.
SELECT count(*) AS refunds FROM payments.refund;

-- name: fees_taken
-- What payments have paid us in fees, less what was given back, by ledger.
SELECT l.ledger, sum(p.fee) AS amount
FROM payments.payment AS p
INNER JOIN unnest($1::integer[], $2::text[], $3::boolean[]) AS l (ledger, currency, live)
    ON l.currency = p.currency AND l.live = p.live
GROUP BY l.ledger;
