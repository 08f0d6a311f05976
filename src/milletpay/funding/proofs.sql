-- name: count_draws
-- How many draws there are.
SELECT count(*) AS draws FROM funding.draw;

-- name: unlike_their_transfers
-- Payments whose draws and give-backs are not what the transfers about them say.
WITH moved AS (
    SELECT
        t.user_data_128 AS id,
        sum(t.amount * e.taken) AS taken,
        sum(t.amount * e.late) AS late,
        sum(t.amount * e.back) AS back,
        sum(t.amount * e.arrived) AS arrived,
        sum(t.amount * e.to_balance) AS to_balance,
        sum(t.amount * e.went) AS went,
        sum(t.amount * e.short) AS short,
        sum(t.amount * e.owed) AS owed
    FROM ledger.transfer AS t
    INNER JOIN
        unnest(
            $1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[],
            $7::smallint[], $8::smallint[], $9::smallint[]
        ) AS e (code, taken, late, back, arrived, to_balance, went, short, owed)
        ON e.code = t.code
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128
),

drawn AS (
    SELECT
        payment AS id,
        coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS taken,
        coalesce(sum(amount) FILTER (WHERE status = 'unwanted'), 0) AS late,
        sum(given_back) AS back,
        -- What was returned before anybody had it has moved nothing.
        coalesce(sum(taken_back - claimed) FILTER (WHERE status <> 'returned'), 0) AS went,
        sum(shortfall) AS short
    FROM funding.draw
    GROUP BY payment
),

given AS (
    SELECT
        payment AS id,
        sum(amount) AS back,
        coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS arrived,
        coalesce(sum(amount) FILTER (WHERE status = 'failed'), 0) AS to_balance
    FROM funding.give_back
    GROUP BY payment
),

compared AS (
    SELECT
        coalesce(d.id, m.id) AS object,
        CASE
            WHEN d.id IS NULL THEN 'transfers took it from a card, and there is no draw'
            WHEN d.back <> coalesce(g.back, 0) THEN 'its give-backs do not sum up to what its draws say'
        END AS wrong,
        ARRAY[
            coalesce(m.taken, 0), coalesce(m.late, 0), coalesce(m.back, 0), coalesce(m.arrived, 0),
            coalesce(m.to_balance, 0), coalesce(m.went, 0), coalesce(m.short, 0), coalesce(m.owed, 0)
        ] AS expected,
        ARRAY[
            d.taken, d.late, d.back, coalesce(g.arrived, 0), coalesce(g.to_balance, 0), d.went, d.short,
            d.short
        ] AS found
    FROM drawn AS d
    FULL JOIN moved AS m ON m.id = d.id
    LEFT JOIN given AS g ON g.id = d.id
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $10;

-- name: between_strangers
-- Transfers that take from a customer, or give to one, of whom nothing was drawn for their payment.
WITH legs AS (
    SELECT
        t.user_data_128 AS object,
        t.id AS transfer,
        a.user_data_128 AS customer
    FROM ledger.transfer AS t
    CROSS JOIN LATERAL unnest(ARRAY[t.debit_account_id, t.credit_account_id]) AS side (account)
    INNER JOIN ledger.account AS a ON a.id = side.account AND a.code = ANY($2::smallint[])
    WHERE t.code = ANY($1::smallint[])
)

SELECT
    l.object,
    l.transfer,
    'it is on the account of a customer of whom nothing was drawn for it' AS wrong,
    count(*) OVER () AS total
FROM legs AS l
WHERE NOT EXISTS (
    SELECT FROM funding.draw AS d WHERE d.payment = l.object AND d.customer = l.customer
)
ORDER BY object, transfer
LIMIT $3;

-- name: claimed_from_banks
-- Draws of which a bank took back what it may not have: somebody has to ask the bank for it.
SELECT
    payment AS object,
    format(
        'its bank took back %s of a draw of %s, and %s of that had gone back already: it owes them to us',
        taken_back, amount, claimed
    ) AS wrong,
    count(*) OVER () AS total
FROM funding.draw
WHERE claimed <> 0
ORDER BY payment
LIMIT $1;

-- name: unlike_their_debts
-- Customers who do not owe us what banks took back and they lacked, less what was recovered from them.
WITH owed AS (
    SELECT a.user_data_128 AS customer, a.ledger, sum(t.amount * e.sign) AS amount
    FROM ledger.transfer AS t
    INNER JOIN unnest($1::smallint[], $2::smallint[]) AS e (code, sign) ON e.code = t.code
    INNER JOIN ledger.account AS a
        ON a.id = CASE e.sign WHEN 1 THEN t.debit_account_id ELSE t.credit_account_id END
    GROUP BY a.user_data_128, a.ledger
),

place AS (
    SELECT client, own, currency, live
    FROM unnest($4::integer[], $5::integer[], $6::smallint[], $7::boolean[])
        AS l (client, own, currency, live)
),

due AS (
    SELECT d.customer, d.ledger, sum(d.amount) AS amount
    FROM (
        SELECT u.customer, l.own AS ledger, u.shortfall AS amount
        FROM wallets.top_up AS u
        INNER JOIN place AS l ON l.currency = u.currency AND l.live = u.live
        WHERE u.shortfall <> 0
        UNION ALL
        SELECT w.customer, l.own, w.shortfall
        FROM funding.draw AS w
        INNER JOIN place AS l ON l.currency = w.currency AND l.live = w.live
        WHERE w.shortfall <> 0
        UNION ALL
        SELECT a.user_data_128, l.own, -t.amount
        FROM ledger.transfer AS t
        INNER JOIN ledger.account AS a ON a.id = t.debit_account_id
        INNER JOIN place AS l ON l.client = t.ledger
        WHERE t.code = ANY($3::smallint[])
    ) AS d
    GROUP BY d.customer, d.ledger
)

SELECT
    coalesce(o.customer, d.customer) AS object,
    coalesce(o.ledger, d.ledger) AS ledger,
    NULL AS wrong,
    ARRAY[coalesce(d.amount, 0)] AS expected,
    ARRAY[coalesce(o.amount, 0)] AS found,
    count(*) OVER () AS total
FROM owed AS o
FULL JOIN due AS d ON d.customer = o.customer AND d.ledger = o.ledger
WHERE coalesce(o.amount, 0) <> coalesce(d.amount, 0)
ORDER BY object
LIMIT $8;
