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
        sum(t.amount * e.to_balance) AS to_balance
    FROM ledger.transfer AS t
    INNER JOIN
        unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], $6::smallint[])
            AS e (code, taken, late, back, arrived, to_balance)
        ON e.code = t.code
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128
),

drawn AS (
    SELECT
        payment AS id,
        coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS taken,
        coalesce(sum(amount) FILTER (WHERE status = 'unwanted'), 0) AS late,
        sum(given_back) AS back
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
            coalesce(m.to_balance, 0)
        ] AS expected,
        ARRAY[d.taken, d.late, d.back, coalesce(g.arrived, 0), coalesce(g.to_balance, 0)] AS found
    FROM drawn AS d
    FULL JOIN moved AS m ON m.id = d.id
    LEFT JOIN given AS g ON g.id = d.id
)

SELECT object, wrong, expected, found, count(*) OVER () AS total
FROM compared
WHERE wrong IS NOT NULL OR expected <> found
ORDER BY object
LIMIT $7;
