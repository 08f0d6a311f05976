-- name: add
-- Write a new subscription; one that is there changes nothing.
INSERT INTO subscriptions.subscription (
    id, merchant, live, customer, agreement, offer, amount, currency, notice_days, first_on, status, period,
    charge_on, is_announced, tries, due_on, look_at, events
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (id) DO NOTHING;

-- name: change
-- Write what may change of a subscription.
UPDATE subscriptions.subscription
SET
    status = $2, period = $3, charge_on = $4, is_announced = $5, tries = $6, due_on = $7, look_at = $8,
    events = $9
WHERE id = $1;

-- name: find
-- Subscriptions by id.
SELECT
    id, merchant, live, customer, agreement, offer, amount, currency, notice_days, first_on, status, period,
    charge_on, is_announced, tries, look_at, events
FROM subscriptions.subscription
WHERE id = ANY($1::uuid[]);

-- name: hold
-- A subscription, kept from others until the transaction ends.
SELECT
    id, merchant, live, customer, agreement, offer, amount, currency, notice_days, first_on, status, period,
    charge_on, is_announced, tries, look_at, events
FROM subscriptions.subscription
WHERE id = $1
FOR UPDATE;

-- name: due
-- The subscription that has waited longest for something to be done by a day, and that nobody is at.
SELECT
    id, merchant, live, customer, agreement, offer, amount, currency, notice_days, first_on, status, period,
    charge_on, is_announced, tries, look_at, events
FROM subscriptions.subscription
WHERE status = 'active' AND due_on <= $1 AND look_at <= $2
ORDER BY due_on, id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: of_customer
-- A customer's subscriptions, the newest first.
SELECT
    id, merchant, live, customer, agreement, offer, amount, currency, notice_days, first_on, status, period,
    charge_on, is_announced, tries, look_at, events
FROM subscriptions.subscription
WHERE customer = $1 AND live = $2
ORDER BY id DESC
LIMIT 100;

-- name: of_merchant
-- A merchant's subscriptions, the newest first, before an id.
SELECT
    id, merchant, live, customer, agreement, offer, amount, currency, notice_days, first_on, status, period,
    charge_on, is_announced, tries, look_at, events
FROM subscriptions.subscription
WHERE merchant = $1 AND live = $2 AND id < $3
ORDER BY id DESC
LIMIT $4;
