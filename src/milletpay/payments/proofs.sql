-- name: unlike_their_transfers
-- Payments whose amounts are not what their transfers make them, by a table of what each code adds to which.
WITH moved AS (
    SELECT
        t.user_data_128 AS id,
        sum(t.amount * e.authorized) AS authorized,
        sum(t.amount * e.captured) AS captured,
        sum(t.amount * e.refunded) AS refunded,
        sum(t.amount * e.fee) AS fee
    FROM ledger.transfer AS t
    INNER JOIN unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[])
        AS e (code, authorized, captured, refunded, fee) ON e.code = t.code
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128
)

SELECT
    coalesce(p.id, m.id) AS object,
    CASE WHEN p.id IS NULL THEN 'transfers name it, and there is no such payment' END AS wrong,
    ARRAY[
        coalesce(m.authorized, 0), coalesce(m.captured, 0), coalesce(m.refunded, 0), coalesce(m.fee, 0)
    ] AS expected,
    ARRAY[p.authorized, p.captured, p.refunded, p.fee] AS found,
    count(*) OVER () AS total
FROM payments.payment AS p
FULL JOIN moved AS m ON m.id = p.id
WHERE
    p.id IS NULL
    OR p.authorized <> coalesce(m.authorized, 0)
    OR p.captured <> coalesce(m.captured, 0)
    OR p.refunded <> coalesce(m.refunded, 0)
    OR p.fee <> coalesce(m.fee, 0)
ORDER BY object
LIMIT $6;

-- name: between_strangers
-- Transfers of payments that are on accounts of somebody else, or in another ledger than the payment's.
WITH legs AS (
    SELECT
        p.id AS object,
        t.id AS transfer,
        CASE
            WHEN l.currency IS DISTINCT FROM p.currency
                THEN 'its ledger is not of the currency of its payment'
            WHEN l.live IS DISTINCT FROM p.live THEN 'its ledger is not of the mode of its payment'
            WHEN d.code = ANY($5::smallint[]) AND d.user_data_128 IS DISTINCT FROM p.customer
                THEN 'it takes from a customer who is not the payer of its payment'
            WHEN c.code = ANY($5::smallint[]) AND c.user_data_128 IS DISTINCT FROM p.customer
                THEN 'it gives to a customer who is not the payer of its payment'
            WHEN d.code = ANY($6::smallint[]) AND d.user_data_128 <> p.merchant
                THEN 'it takes from a merchant that is not the one of its payment'
            WHEN c.code = ANY($6::smallint[]) AND c.user_data_128 <> p.merchant
                THEN 'it gives to a merchant that is not the one of its payment'
        END AS wrong
    FROM ledger.transfer AS t
    INNER JOIN payments.payment AS p ON p.id = t.user_data_128
    INNER JOIN ledger.account AS d ON d.id = t.debit_account_id
    INNER JOIN ledger.account AS c ON c.id = t.credit_account_id
    LEFT JOIN unnest($2::integer[], $3::text[], $4::boolean[]) AS l (ledger, currency, live)
        ON l.ledger = t.ledger
    WHERE t.code = ANY($1::smallint[])
)

SELECT object, transfer, wrong, count(*) OVER () AS total
FROM legs
WHERE wrong IS NOT NULL
ORDER BY object, transfer
LIMIT $7;

-- name: unlike_their_status
-- Payments whose amounts, times or payer their status does not allow.
WITH told AS (
    SELECT
        id AS object,
        CASE
            WHEN
                status IN ('awaiting_payment', 'processing', 'failed', 'canceled', 'expired')
                AND authorized <> 0
                THEN format('it is %s: authorized must be 0, and is %s', status, authorized)
            WHEN status = 'authorized' AND authorized <> amount
                THEN format('it is authorized: authorized must be %s, and is %s', amount, authorized)
            WHEN status = 'authorized' AND captured >= authorized
                THEN format('it is authorized: captured must be below %s, and is %s', authorized, captured)
            WHEN status IN ('succeeded', 'reversed') AND captured <> authorized
                THEN format('it is %s: captured must be %s, and is %s', status, authorized, captured)
            WHEN status = 'succeeded' AND captured = 0
                THEN 'it is succeeded, and nothing is captured'
            WHEN status = 'reversed' AND refunded <> captured
                THEN format('it is reversed: refunded must be %s, and is %s', captured, refunded)
            WHEN status IN ('authorized', 'succeeded') AND customer IS NULL
                THEN format('it is %s, and has no payer', status)
            WHEN status IN ('authorized', 'succeeded') AND counted_on = 0
                THEN format('it is %s, and counts towards no limit', status)
            WHEN status NOT IN ('authorized', 'succeeded', 'processing') AND counted_on <> 0
                THEN format('it is %s, and counts towards limits on %s', status, counted_on)
            WHEN status = 'authorized' AND due_at = 0
                THEN 'it is authorized, and time never ends it'
            WHEN status = 'awaiting_payment' AND due_at <> expires_at
                THEN format('it awaits payment: due_at must be %s, and is %s', expires_at, due_at)
            WHEN status NOT IN ('authorized', 'awaiting_payment', 'processing') AND due_at <> 0
                THEN format('it is %s: due_at must be 0, and is %s', status, due_at)
            WHEN (status = 'failed') <> (decline IS NOT NULL)
                THEN format('it is %s, and its decline is %s', status, coalesce(decline, 'nothing'))
        END AS wrong
    FROM payments.payment
)

SELECT object, wrong, count(*) OVER () AS total
FROM told
WHERE wrong IS NOT NULL
ORDER BY object
LIMIT $1;

-- name: unlike_their_attempts
-- Payments whose tries are not counted right, or of which none or several took the money.
WITH tried AS (
    SELECT
        payment AS id,
        count(*) AS attempts,
        max(number) AS last,
        count(*) FILTER (WHERE outcome = 'took_the_money') AS took,
        count(*) FILTER (WHERE outcome = 'pending') AS pending,
        count(*) FILTER (WHERE outcome IN ('pending', 'let_go', 'given_back')) AS asked,
        (array_agg(customer) FILTER (WHERE outcome = 'took_the_money'))[1] AS payer
    FROM payments.attempt
    GROUP BY payment
),

told AS (
    SELECT
        coalesce(p.id, t.id) AS object,
        CASE
            WHEN p.id IS NULL THEN 'attempts name it, and there is no such payment'
            WHEN p.attempts <> coalesce(t.attempts, 0) OR t.last <> t.attempts
                THEN format('it has %s attempts, and says %s', coalesce(t.attempts, 0), p.attempts)
            WHEN t.took > 1 THEN format('%s of its attempts took the money: at most 1 may', t.took)
            WHEN t.took = 1 AND t.payer IS DISTINCT FROM p.customer
                THEN 'the customer of the attempt that took the money is not its payer'
            WHEN
                coalesce(t.took, 0) = 0 AND coalesce(t.asked, 0) = 0
                AND p.customer IS NOT NULL AND p.first_status = 'awaiting_payment'
                THEN 'it has a payer, and none of its attempts took the money'
            WHEN t.pending > 1 OR (t.pending = 1 AND p.status <> 'processing')
                THEN format('it is %s, and %s of its attempts are pending', p.status, t.pending)
        END AS wrong
    FROM payments.payment AS p
    FULL JOIN tried AS t ON t.id = p.id
)

SELECT object, wrong, count(*) OVER () AS total
FROM told
WHERE wrong IS NOT NULL
ORDER BY object
LIMIT $1;

-- name: unlike_their_refunds
-- Payments whose refunds do not add up. A reversal refunds the rest without a refund of its own.
WITH given AS (
    SELECT
        payment AS id,
        merchant,
        live,
        currency,
        sum(amount) AS refunded,
        sum(fee_back) AS fee_back
    FROM payments.refund
    GROUP BY payment, merchant, live, currency
),

compared AS (
    SELECT
        coalesce(p.id, g.id) AS object,
        CASE
            WHEN p.id IS NULL THEN 'refunds name it, and there is no such payment'
            WHEN (g.merchant, g.live, g.currency) <> (p.merchant, p.live, p.currency)
                THEN 'refunds of it are of another merchant, mode or currency'
        END AS wrong,
        p.status = 'reversed' AS is_reversed,
        ARRAY[
            p.refunded,
            CASE
                WHEN p.fee_on_refund = 1
                    THEN div(2 * p.quote::numeric * p.refunded + p.amount, 2 * p.amount)
                ELSE 0
            END
        ] AS expected,
        ARRAY[coalesce(g.refunded, 0), coalesce(g.fee_back, 0)] AS found
    FROM payments.payment AS p
    FULL JOIN given AS g ON g.id = p.id
    WHERE p.refunded <> 0 OR g.id IS NOT NULL
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE
    wrong IS NOT NULL
    OR (NOT is_reversed AND expected <> found)
    OR (is_reversed AND (found[1] > expected[1] OR found[2] > expected[2]))
ORDER BY object
LIMIT $1;

-- name: unlike_their_contract
-- Payments whose frozen quote does not follow from their contract, or whose fee not from the quote.
WITH terms AS (
    SELECT
        c.*,
        l.code,
        extract(EPOCH FROM b.begins - interval '1 day')::bigint * 1000000000 AS begins,
        -- The contract that follows may begin on a day on which this one has been quoted already.
        extract(EPOCH FROM lead(b.begins) OVER following + interval '1 day')::bigint * 1000000000 AS ends
    FROM fees.contract AS c
    INNER JOIN unnest($1::smallint[], $2::text[]) AS l (number, code) ON l.number = c.currency
    CROSS JOIN LATERAL (
        SELECT
            make_timestamptz(
                c.effective_from / 10000, c.effective_from / 100 % 100, c.effective_from % 100, 0, 0, 0, $3
            ) AS begins
    ) AS b
    WINDOW following AS (PARTITION BY c.merchant, c.currency ORDER BY c.effective_from)
),

compared AS (
    SELECT
        p.id AS object,
        CASE
            WHEN t.id IS NULL THEN 'its contract does not exist'
            WHEN t.merchant <> p.merchant THEN 'its contract is of another merchant'
            WHEN t.code <> p.currency
                THEN format('its contract is about %s, and it is in %s', t.code, p.currency)
            WHEN t.on_refund <> p.fee_on_refund THEN 'what a refund does to its fee is not as in its contract'
            WHEN p.created_at < t.begins OR p.created_at >= t.ends
                THEN 'its contract did not hold on the day on which it was made'
        END AS wrong,
        ARRAY[
            least(
                greatest(div(p.amount::numeric * t.basis_points + 5000, 10000), t.minimum),
                t.cap,
                p.amount
            ),
            f.on_captured - CASE WHEN p.fee_on_refund = 1 THEN f.on_refunded ELSE 0 END
        ] AS expected,
        ARRAY[p.quote, p.fee]::numeric[] AS found
    FROM payments.payment AS p
    LEFT JOIN terms AS t ON t.id = p.contract
    CROSS JOIN LATERAL (
        SELECT
            CASE p.captured
                WHEN 0 THEN 0
                WHEN p.amount THEN p.quote
                ELSE div(2 * p.quote::numeric * p.captured + p.amount, 2 * p.amount)
            END AS on_captured,
            CASE p.refunded
                WHEN 0 THEN 0
                WHEN p.amount THEN p.quote
                ELSE div(2 * p.quote::numeric * p.refunded + p.amount, 2 * p.amount)
            END AS on_refunded
    ) AS f
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $4;

-- name: unlike_their_holds
-- Customers whose held money is not what their authorized payments hold.
WITH moved AS (
    SELECT t.credit_account_id AS id, sum(t.amount) AS amount
    FROM ledger.transfer AS t
    INNER JOIN ledger.account AS a ON a.id = t.credit_account_id
    WHERE a.code = $1 AND t.flags & 10 = 0
    GROUP BY t.credit_account_id
    UNION ALL
    SELECT t.debit_account_id AS id, -sum(t.amount) AS amount
    FROM ledger.transfer AS t
    INNER JOIN ledger.account AS a ON a.id = t.debit_account_id
    WHERE a.code = $1 AND t.flags & 10 = 0
    GROUP BY t.debit_account_id
),

held AS (
    SELECT a.user_data_128 AS customer, a.ledger, sum(m.amount) AS amount
    FROM moved AS m
    INNER JOIN ledger.account AS a ON a.id = m.id
    GROUP BY a.user_data_128, a.ledger
),

due AS (
    SELECT p.customer, l.ledger, sum(p.authorized - p.captured) AS amount
    FROM payments.payment AS p
    INNER JOIN unnest($2::integer[], $3::text[], $4::boolean[]) AS l (ledger, currency, live)
        ON l.currency = p.currency AND l.live = p.live
    WHERE p.status = 'authorized'
    GROUP BY p.customer, l.ledger
)

SELECT
    coalesce(h.customer, d.customer) AS object,
    coalesce(h.ledger, d.ledger) AS ledger,
    NULL AS wrong,
    ARRAY[coalesce(d.amount, 0)] AS expected,
    ARRAY[coalesce(h.amount, 0)] AS found,
    count(*) OVER () AS total
FROM held AS h
FULL JOIN due AS d ON d.customer = h.customer AND d.ledger = h.ledger
WHERE coalesce(h.amount, 0) <> coalesce(d.amount, 0)
ORDER BY object
LIMIT $5;

-- name: unlike_what_counts
-- What counts towards limits of customers, agreements and their televisions, of persons at code plates, and
-- of codes without PIN, and what was paid. A phone that shows codes is not counted by itself.
WITH paid AS (
    SELECT
        customer, agreement, device, person, presented, currency, counted_on AS day,
        card IS NOT NULL AS by_card,
        -- A card's bank was asked, and has not answered.
        sum(CASE status WHEN 'processing' THEN amount ELSE authorized END) AS amount,
        count(*) AS count
    FROM payments.payment
    WHERE counted_on <> 0
    GROUP BY customer, agreement, device, person, presented, currency, counted_on, card IS NOT NULL
),

counting AS (
    SELECT customer AS subject, $3::smallint AS measure, currency, day, amount, count FROM paid
    UNION ALL
    SELECT agreement, $3, currency, day, amount, count FROM paid WHERE agreement IS NOT NULL
    UNION ALL
    SELECT p.device, $3, p.currency, p.day, p.amount, p.count
    FROM paid AS p
    INNER JOIN customers.device AS d ON d.id = p.device AND d.kind <> 1
    UNION ALL
    SELECT
        person, CASE WHEN by_card THEN $6::smallint ELSE $4::smallint END,
        currency, day, amount, count
    FROM paid
    WHERE person IS NOT NULL
    UNION ALL
    SELECT customer, $5::smallint, currency, day, amount, count FROM paid WHERE presented = 'unasked'
),

counts AS (
    SELECT c.subject, c.measure, l.number AS currency, c.day, sum(c.amount) AS amount, sum(c.count) AS count
    FROM counting AS c
    INNER JOIN unnest($1::smallint[], $2::text[]) AS l (number, code) ON l.code = c.currency
    GROUP BY c.subject, c.measure, l.number, c.day
),

used AS (
    SELECT subject, measure, currency, day, amount, count FROM limits.used WHERE measure IN ($3, $4, $5, $6)
)

SELECT
    coalesce(u.subject, c.subject) AS object,
    coalesce(u.measure, c.measure) AS measure,
    coalesce(u.currency, c.currency) AS currency,
    coalesce(u.day, c.day) AS day,
    EXISTS (SELECT FROM payments.agreement AS a WHERE a.id = coalesce(u.subject, c.subject)) AS is_agreement,
    EXISTS (SELECT FROM customers.device AS d WHERE d.id = coalesce(u.subject, c.subject)) AS is_device,
    NULL AS wrong,
    ARRAY[coalesce(c.amount, 0), coalesce(c.count, 0)] AS expected,
    ARRAY[coalesce(u.amount, 0), coalesce(u.count, 0)]::numeric[] AS found,
    count(*) OVER () AS total
FROM used AS u
FULL JOIN counts AS c
    ON c.subject = u.subject AND c.measure = u.measure AND c.currency = u.currency AND c.day = u.day
WHERE
    coalesce(u.amount, 0) <> coalesce(c.amount, 0)
    OR coalesce(u.count, 0) <> coalesce(c.count, 0)
ORDER BY object, day
LIMIT $7;

-- name: unlike_their_draws
-- Payments that do not say what their card's bank took back of them.
WITH taken AS (
    SELECT payment AS id, sum(taken_back - claimed) AS amount
    FROM funding.draw
    WHERE status = 'succeeded' AND taken_back <> 0
    GROUP BY payment
)

SELECT
    coalesce(p.id, t.id) AS object,
    CASE WHEN p.id IS NULL THEN 'a bank took it back, and there is no such payment' END AS wrong,
    ARRAY[coalesce(t.amount, 0)] AS expected,
    ARRAY[p.taken_back]::numeric[] AS found,
    count(*) OVER () AS total
FROM payments.payment AS p
FULL JOIN taken AS t ON t.id = p.id
WHERE p.id IS NULL OR p.taken_back <> coalesce(t.amount, 0)
ORDER BY object
LIMIT $1;
