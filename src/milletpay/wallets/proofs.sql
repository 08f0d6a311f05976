-- name: count_objects
-- How many top-ups, withdrawals, receipts and sends there are.
SELECT
    (SELECT count(*) FROM wallets.top_up) AS "top-ups",
    (SELECT count(*) FROM wallets.withdrawal) AS withdrawals,
    (SELECT count(*) FROM wallets.receipt) AS receipts,
    (SELECT count(*) FROM wallets.send) AS sends;

-- name: top_ups_unlike_their_transfers
-- Top-ups whose transfers are not what their state asks for.
WITH moved AS (
    SELECT
        t.user_data_128 AS id,
        sum(t.amount * e.came) AS came,
        sum(t.amount * e.went) AS went,
        sum(t.amount * e.short) AS short,
        sum(t.amount * e.owed) AS owed
    FROM ledger.transfer AS t
    INNER JOIN unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[])
        AS e (code, came, went, short, owed) ON e.code = t.code
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128
),

compared AS (
    SELECT
        coalesce(u.id, m.id) AS object,
        CASE WHEN u.id IS NULL THEN 'transfers name it, and there is no such top-up' END AS wrong,
        ARRAY[
            CASE WHEN u.status IN ('succeeded', 'clawed_back') THEN u.amount ELSE 0 END,
            CASE WHEN u.status = 'clawed_back' THEN u.amount ELSE 0 END,
            u.shortfall,
            u.shortfall
        ]::numeric[] AS expected,
        ARRAY[coalesce(m.came, 0), coalesce(m.went, 0), coalesce(m.short, 0), coalesce(m.owed, 0)] AS found
    FROM wallets.top_up AS u
    FULL JOIN moved AS m ON m.id = u.id
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $6;

-- name: withdrawals_unlike_their_transfers
-- Withdrawals whose transfers are not what their state asks for. What a bank sends back may be another's.
WITH moved AS (
    SELECT
        t.user_data_128 AS id,
        sum(t.amount * e.taken) AS taken,
        sum(t.amount * e.fee) AS fee,
        sum(t.amount * e.paid) AS paid,
        sum(t.amount * e.rejected) AS rejected,
        sum(t.amount * e.fee_back) AS fee_back,
        sum(t.amount * e.sent_back) AS sent_back,
        sum(t.amount * e.returned) AS returned
    FROM ledger.transfer AS t
    INNER JOIN unnest(
        $1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[],
        $7::smallint[], $8::smallint[]
    ) AS e (code, taken, fee, paid, rejected, fee_back, sent_back, returned) ON e.code = t.code
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128
),

stated AS (
    SELECT
        id,
        amount,
        fee,
        status <> 'failed' OR decline = 'refused_by_bank' AS was_taken,
        status IN ('succeeded', 'returned') AS was_paid,
        status = 'failed' AND decline = 'refused_by_bank' AS was_rejected,
        status = 'returned' AS was_returned
    FROM wallets.withdrawal
),

compared AS (
    SELECT
        coalesce(w.id, m.id) AS object,
        CASE
            WHEN w.id IS NULL AND m.taken + m.fee + m.paid + m.rejected + m.fee_back + m.returned <> 0
                THEN 'transfers name it, and there is no such withdrawal'
        END AS wrong,
        w.id IS NOT NULL AS is_known,
        ARRAY[
            CASE WHEN w.was_taken THEN w.amount ELSE 0 END,
            CASE WHEN w.was_taken THEN w.fee ELSE 0 END,
            CASE WHEN w.was_paid THEN w.amount ELSE 0 END,
            CASE WHEN w.was_rejected THEN w.amount ELSE 0 END,
            CASE WHEN w.was_rejected THEN w.fee ELSE 0 END,
            CASE WHEN w.was_returned THEN w.amount ELSE 0 END,
            CASE WHEN w.was_returned THEN w.amount ELSE 0 END
        ]::numeric[] AS expected,
        ARRAY[
            coalesce(m.taken, 0), coalesce(m.fee, 0), coalesce(m.paid, 0), coalesce(m.rejected, 0),
            coalesce(m.fee_back, 0), coalesce(m.sent_back, 0), coalesce(m.returned, 0)
        ] AS found
    FROM stated AS w
    FULL JOIN moved AS m ON m.id = w.id
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR (is_known AND expected <> found)
ORDER BY object
LIMIT $9;

-- name: sends_unlike_their_transfers
-- Sends whose money did not go as they say: all of it if they succeeded, from sender to recipient.
WITH moved AS (
    SELECT
        t.user_data_128 AS id,
        sum(t.amount) AS amount,
        bool_and(d.user_data_128 = s.customer AND c.user_data_128 = s.recipient) AS is_theirs,
        bool_and(l.currency = s.currency AND l.live = s.live) AS is_there
    FROM ledger.transfer AS t
    INNER JOIN ledger.account AS d ON d.id = t.debit_account_id
    INNER JOIN ledger.account AS c ON c.id = t.credit_account_id
    LEFT JOIN wallets.send AS s ON s.id = t.user_data_128
    LEFT JOIN unnest($2::integer[], $3::smallint[], $4::boolean[]) AS l (ledger, currency, live)
        ON l.ledger = t.ledger
    WHERE t.code = $1 AND t.flags & 10 = 0
    GROUP BY t.user_data_128
),

compared AS (
    SELECT
        coalesce(s.id, m.id) AS object,
        CASE
            WHEN s.id IS NULL THEN 'transfers name it, and there is no such send'
            WHEN NOT m.is_theirs THEN 'its transfers are not from its sender to its recipient'
            WHEN NOT m.is_there THEN 'its transfers are not of its currency and mode'
        END AS wrong,
        ARRAY[CASE WHEN s.status = 'succeeded' THEN s.amount ELSE 0 END]::numeric[] AS expected,
        ARRAY[coalesce(m.amount, 0)] AS found
    FROM wallets.send AS s
    FULL JOIN moved AS m ON m.id = s.id
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $5;

-- name: receipts_unlike_their_transfers
-- Receipts whose transfers are not what their state asks for: to the customer, or into suspense and out.
WITH moved AS (
    SELECT
        t.user_data_128 AS id,
        sum(t.amount * e.credited) AS credited,
        sum(t.amount * e.suspended) AS suspended,
        sum(t.amount * e.claimed) AS claimed,
        sum(t.amount * e.returned) AS returned,
        sum(t.amount * e.came_back) AS came_back
    FROM ledger.transfer AS t
    INNER JOIN unnest(
        $1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[]
    ) AS e (code, credited, suspended, claimed, returned, came_back) ON e.code = t.code
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128
),

went AS (
    SELECT
        receipt AS id,
        count(*) FILTER (WHERE status IN ('created', 'sent', 'unknown')) AS open,
        count(*) FILTER (WHERE status = 'succeeded') AS gone,
        count(*) FILTER (WHERE status IN ('succeeded', 'came_back')) AS there,
        count(*) FILTER (WHERE status = 'came_back') AS here_again
    FROM wallets.receipt_return
    GROUP BY receipt
),

compared AS (
    SELECT
        coalesce(r.id, m.id, w.id) AS object,
        CASE
            WHEN r.id IS NULL THEN 'transfers or returns name it, and there is no such receipt'
            WHEN coalesce(w.open, 0) <> CASE r.status WHEN 'returning' THEN 1 ELSE 0 END
                THEN format('it is %s, and %s returns of it are under way', r.status, coalesce(w.open, 0))
            WHEN coalesce(w.gone, 0) <> CASE r.status WHEN 'returned' THEN 1 ELSE 0 END
                THEN format('it is %s, and was sent back %s times', r.status, coalesce(w.gone, 0))
        END AS wrong,
        ARRAY[
            CASE WHEN r.unclaimed IS NULL THEN r.amount ELSE 0 END,
            CASE WHEN r.unclaimed IS NULL THEN 0 ELSE r.amount END,
            CASE WHEN r.unclaimed IS NOT NULL AND r.status = 'credited' THEN r.amount ELSE 0 END,
            r.amount * coalesce(w.there, 0),
            r.amount * coalesce(w.here_again, 0)
        ]::numeric[] AS expected,
        ARRAY[
            coalesce(m.credited, 0), coalesce(m.suspended, 0), coalesce(m.claimed, 0),
            coalesce(m.returned, 0), coalesce(m.came_back, 0)
        ] AS found
    FROM wallets.receipt AS r
    FULL JOIN moved AS m ON m.id = r.id
    FULL JOIN went AS w ON w.id = coalesce(r.id, m.id)
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $7;

-- name: between_strangers
-- Transfers of top-ups, withdrawals and receipts that are on accounts of another customer, or elsewhere.
WITH made AS (
    SELECT id, customer, currency, live, 'top-up' AS kind FROM wallets.top_up
    UNION ALL
    SELECT id, customer, currency, live, 'withdrawal' FROM wallets.withdrawal
    UNION ALL
    SELECT id, customer, currency, live, 'receipt' FROM wallets.receipt
),

legs AS (
    SELECT
        m.id AS object,
        m.kind,
        t.id AS transfer,
        CASE
            WHEN l.currency IS DISTINCT FROM m.currency OR l.live IS DISTINCT FROM m.live
                THEN 'its ledger is not of the currency and mode'
            WHEN d.code = ANY($5::smallint[]) AND d.user_data_128 <> m.customer
                THEN 'it takes from another customer'
            WHEN c.code = ANY($5::smallint[]) AND c.user_data_128 <> m.customer
                THEN 'it gives to another customer'
        END AS wrong
    FROM ledger.transfer AS t
    INNER JOIN made AS m ON m.id = t.user_data_128
    INNER JOIN ledger.account AS d ON d.id = t.debit_account_id
    INNER JOIN ledger.account AS c ON c.id = t.credit_account_id
    LEFT JOIN unnest($2::integer[], $3::smallint[], $4::boolean[]) AS l (ledger, currency, live)
        ON l.ledger = t.ledger
    WHERE t.code = ANY($1::smallint[])
)

SELECT object, kind, transfer, wrong, count(*) OVER () AS total
FROM legs
WHERE wrong IS NOT NULL
ORDER BY object, transfer
LIMIT $6;

-- name: unlike_what_is_under_way
-- Ledgers in which the money in transit is not that of the withdrawals that are under way.
WITH transit AS (
    SELECT t.ledger, sum(t.amount) AS amount
    FROM ledger.account AS a
    INNER JOIN ledger.transfer AS t ON t.credit_account_id = a.id
    WHERE a.code = $1 AND t.flags & 10 = 0
    GROUP BY t.ledger
    UNION ALL
    SELECT t.ledger, -sum(t.amount) AS amount
    FROM ledger.account AS a
    INNER JOIN ledger.transfer AS t ON t.debit_account_id = a.id
    WHERE a.code = $1 AND t.flags & 10 = 0
    GROUP BY t.ledger
),

there AS (
    SELECT ledger, sum(amount) AS amount FROM transit GROUP BY ledger
),

due AS (
    SELECT l.ledger, sum(w.amount) AS amount
    FROM wallets.withdrawal AS w
    INNER JOIN unnest($2::integer[], $3::smallint[], $4::boolean[]) AS l (ledger, currency, live)
        ON l.currency = w.currency AND l.live = w.live
    WHERE w.status IN ('reserved', 'sent', 'unknown')
    GROUP BY l.ledger
)

SELECT
    coalesce(t.ledger, d.ledger) AS object,
    NULL AS wrong,
    ARRAY[coalesce(d.amount, 0)] AS expected,
    ARRAY[coalesce(t.amount, 0)] AS found,
    count(*) OVER () AS total
FROM there AS t
FULL JOIN due AS d ON d.ledger = t.ledger
WHERE coalesce(t.amount, 0) <> coalesce(d.amount, 0)
ORDER BY object
LIMIT $5;

-- name: unlike_what_counts
-- What counts towards limits of top-ups, withdrawals and sends, and what they make of it.
-- A send, and a receipt that named its customer, counts on the day of its transfer.
WITH counting AS (
    SELECT customer, $1::smallint AS measure, currency, counted_on AS day, amount
    FROM wallets.top_up
    WHERE counted_on <> 0
    UNION ALL
    SELECT customer, $2::smallint, currency, counted_on, amount
    FROM wallets.withdrawal
    WHERE counted_on <> 0
    UNION ALL
    SELECT s.customer, $3::smallint, s.currency, t.user_data_32, t.amount
    FROM ledger.transfer AS t
    INNER JOIN wallets.send AS s ON s.id = t.user_data_128
    WHERE t.code = $4
    UNION ALL
    SELECT r.customer, $1::smallint, r.currency, t.user_data_32, t.amount
    FROM ledger.transfer AS t
    INNER JOIN wallets.receipt AS r ON r.id = t.user_data_128
    WHERE t.code = $5
),

counts AS (
    SELECT customer, measure, currency, day, sum(amount) AS amount, count(*) AS count
    FROM counting
    GROUP BY customer, measure, currency, day
),

used AS (
    SELECT subject, measure, currency, day, amount, count
    FROM limits.used
    WHERE measure IN ($1, $2, $3)
)

SELECT
    coalesce(u.subject, c.customer) AS object,
    coalesce(u.measure, c.measure) AS measure,
    coalesce(u.currency, c.currency) AS currency,
    coalesce(u.day, c.day) AS day,
    NULL AS wrong,
    ARRAY[coalesce(c.amount, 0), coalesce(c.count, 0)] AS expected,
    ARRAY[coalesce(u.amount, 0), coalesce(u.count, 0)]::numeric[] AS found,
    count(*) OVER () AS total
FROM used AS u
FULL JOIN counts AS c
    ON c.customer = u.subject AND c.measure = u.measure AND c.currency = u.currency AND c.day = u.day
WHERE
    coalesce(u.amount, 0) <> coalesce(c.amount, 0)
    OR coalesce(u.count, 0) <> coalesce(c.count, 0)
ORDER BY object, day
LIMIT $6;

-- name: not_counted_rightly
-- Top-ups and withdrawals that count towards limits though nothing of them is left, or the other way round.
SELECT object, kind, wrong, count(*) OVER () AS total
FROM (
    SELECT
        id AS object,
        'top-up' AS kind,
        CASE
            WHEN status = 'failed' AND counted_on <> 0
                THEN format('it is failed, and counts towards limits on %s', counted_on)
            WHEN status IN ('created', 'sent', 'unknown') AND counted_on = 0
                THEN format('it is %s, and counts towards no limit', status)
        END AS wrong
    FROM wallets.top_up
    UNION ALL
    SELECT
        id,
        'withdrawal',
        CASE
            WHEN status IN ('failed', 'returned') AND counted_on <> 0
                THEN format('it is %s, and counts towards limits on %s', status, counted_on)
            WHEN status IN ('reserved', 'sent', 'unknown', 'succeeded') AND counted_on = 0
                THEN format('it is %s, and counts towards no limit', status)
        END
    FROM wallets.withdrawal
) AS told
WHERE wrong IS NOT NULL
ORDER BY object
LIMIT $1;

-- name: fees_taken
-- What withdrawals have paid us in fees, less what was given back, by ledger.
SELECT l.ledger, sum(w.fee) AS amount
FROM wallets.withdrawal AS w
INNER JOIN unnest($1::integer[], $2::smallint[], $3::boolean[]) AS l (ledger, currency, live)
    ON l.currency = w.currency AND l.live = w.live
WHERE w.status <> 'failed'
GROUP BY l.ledger;
