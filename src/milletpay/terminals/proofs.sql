-- name: count_receipts
-- How many receipts, shifts and closed batches there are.
SELECT
    (SELECT count(*) FROM terminals.receipt) AS receipts,
    (SELECT count(*) FROM terminals.shift) AS shifts,
    (SELECT count(*) FROM terminals.closed_batch) AS batches;

-- name: receipts_unlike_payments
-- Payments at terminals whose receipts do not say what they took and gave back there.
WITH given AS (
    SELECT payment AS id, sum(amount) AS amount
    FROM payments.refund
    GROUP BY payment
),

printed AS (
    SELECT
        r.payment AS id,
        coalesce(sum(r.amount) FILTER (WHERE r.kind = 'sale'), 0) AS sold,
        coalesce(sum(r.amount) FILTER (WHERE r.kind = 'refund'), 0) AS refunded,
        coalesce(sum(f.amount), 0) AS of_refunds,
        coalesce(sum(r.amount) FILTER (WHERE r.kind = 'reversal'), 0) AS reversed,
        count(*) FILTER (WHERE r.kind = 'reversal') AS reversals,
        count(*) FILTER (WHERE r.kind = 'sale' AND r.terminal IS DISTINCT FROM p.terminal) AS elsewhere,
        count(*) FILTER (WHERE r.currency <> p.currency) AS foreign_money
    FROM terminals.receipt AS r
    LEFT JOIN payments.payment AS p ON p.id = r.payment
    LEFT JOIN payments.refund AS f ON f.id = r.refund AND f.payment = r.payment
    WHERE r.payment IS NOT NULL
    GROUP BY r.payment
),

compared AS (
    SELECT
        coalesce(p.id, r.id) AS object,
        CASE
            WHEN p.id IS NULL THEN 'receipts name it, and there is no such payment'
            WHEN r.elsewhere > 0 THEN 'a receipt says that it was sold at a terminal that is not its own'
            WHEN r.foreign_money > 0 THEN 'a receipt of it is not of its currency'
            WHEN r.reversals > 0 AND p.status <> 'reversed'
                THEN format('it is %s, and a receipt says that it was reversed', p.status)
        END AS wrong,
        ARRAY[
            CASE WHEN p.terminal IS NULL THEN 0 ELSE p.captured END,
            coalesce(r.of_refunds, 0),
            CASE WHEN coalesce(r.reversals, 0) = 0 THEN 0 ELSE p.captured - coalesce(g.amount, 0) END
        ]::numeric[] AS expected,
        ARRAY[coalesce(r.sold, 0), coalesce(r.refunded, 0), coalesce(r.reversed, 0)]::numeric[] AS found
    FROM (SELECT * FROM payments.payment WHERE terminal IS NOT NULL) AS t
    FULL JOIN printed AS r ON r.id = t.id
    LEFT JOIN payments.payment AS p ON p.id = coalesce(t.id, r.id)
    LEFT JOIN given AS g ON g.id = p.id
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $1;

-- name: receipts_with_gaps
-- Terminals whose receipts are not numbered without a gap.
SELECT
    terminal AS object,
    NULL AS wrong,
    ARRAY[count(*)]::numeric[] AS expected,
    ARRAY[max(number)]::numeric[] AS found,
    count(*) OVER () AS total
FROM terminals.receipt
GROUP BY terminal
HAVING max(number) <> count(*)
ORDER BY terminal
LIMIT $1;

-- name: shifts_with_gaps
-- Shifts that do not begin where the one before ended, or end after the last receipt.
WITH last AS (
    SELECT terminal, max(number) AS number
    FROM terminals.receipt
    GROUP BY terminal
),

placed AS (
    SELECT
        s.*,
        lag(s.number, 1, 0) OVER w AS number_before,
        lag(s.last_receipt, 1, 0) OVER w AS ended_before,
        coalesce(lag(s.closed_at) OVER w, 1) AS closed_before,
        coalesce(r.number, 0) AS receipts
    FROM terminals.shift AS s
    LEFT JOIN last AS r ON r.terminal = s.terminal
    WINDOW w AS (PARTITION BY s.terminal ORDER BY s.number)
),

told AS (
    SELECT
        terminal AS object,
        number,
        CASE
            WHEN number <> number_before + 1
                THEN format('the one before it has number %s', number_before)
            WHEN closed_before = 0
                THEN 'it was begun before the one before it was closed'
            WHEN after_receipt <> ended_before
                THEN format('it begins after receipt %s: that must be %s', after_receipt, ended_before)
            WHEN greatest(after_receipt, last_receipt) > receipts
                THEN format('its last receipt is %s, and there are %s', last_receipt, receipts)
        END AS wrong
    FROM placed
)

SELECT object, number, wrong, count(*) OVER () AS total
FROM told
WHERE wrong IS NOT NULL
ORDER BY object, number
LIMIT $1;

-- name: batches_unlike_entries
-- Closed batches that do not sum up to the entries that stood when they were closed. What was undone in the
-- very moment may have stood or not.
WITH stood AS (
    SELECT
        c.terminal,
        c.batch,
        coalesce(sum(e.amount) FILTER (WHERE e.kind IN (1, 4) AND e.turned_at <> c.closed_at), 0) AS debits,
        count(*) FILTER (WHERE e.kind IN (1, 4) AND e.turned_at <> c.closed_at) AS debit_count,
        coalesce(sum(e.amount) FILTER (WHERE e.kind IN (1, 4)), 0) AS debits_most,
        count(*) FILTER (WHERE e.kind IN (1, 4)) AS debit_count_most,
        coalesce(sum(e.amount) FILTER (WHERE e.kind = 5), 0) AS credits,
        count(*) FILTER (WHERE e.kind = 5) AS credit_count
    FROM terminals.closed_batch AS c
    LEFT JOIN terminals.entry AS e
        ON
            e.terminal = c.terminal AND e.batch = c.batch AND e.code = '00'
            AND (e.turned_at = 0 OR e.turned_at >= c.closed_at)
    GROUP BY c.terminal, c.batch
),

compared AS (
    SELECT
        c.terminal AS object,
        c.batch AS number,
        ARRAY[
            CASE WHEN c.debits BETWEEN s.debits AND s.debits_most THEN c.debits ELSE s.debits END,
            CASE
                WHEN c.debit_count BETWEEN s.debit_count AND s.debit_count_most THEN c.debit_count
                ELSE s.debit_count
            END,
            s.credits,
            s.credit_count
        ]::numeric[] AS expected,
        ARRAY[c.debits, c.debit_count, c.credits, c.credit_count]::numeric[] AS found
    FROM terminals.closed_batch AS c
    INNER JOIN stood AS s ON s.terminal = c.terminal AND s.batch = c.batch
)

SELECT object, number, NULL AS wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE expected <> found
ORDER BY object, number
LIMIT $1;
