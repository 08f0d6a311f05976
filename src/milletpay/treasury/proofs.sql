-- name: count_movements
-- How many movements there are.
SELECT count(*) AS movements FROM treasury.movement;

-- name: unlike_their_movements
-- Banks and reasons whose transfers do not sum up to the movements of the house. Every leg of a kind counts.
WITH moved AS (
    SELECT t.user_data_128 AS safe, t.code, e.kind, l.currency, l.live, sum(t.amount) AS amount
    FROM ledger.transfer AS t
    INNER JOIN unnest($1::smallint[], $2::smallint[]) AS e (code, kind) ON e.code = t.code
    INNER JOIN unnest($3::integer[], $4::smallint[], $5::boolean[]) AS l (ledger, currency, live)
        ON l.ledger = t.ledger
    WHERE t.flags & 10 = 0
    GROUP BY t.user_data_128, t.code, e.kind, l.currency, l.live
),

told AS (
    SELECT k.safe, e.code, k.currency, k.live, sum(m.amount) AS amount
    FROM treasury.movement AS m
    INNER JOIN treasury.link AS k ON k.bank = m.bank AND k.live = m.live AND k.currency = m.currency
    INNER JOIN unnest($1::smallint[], $2::smallint[]) AS e (code, kind) ON e.kind = m.kind
    GROUP BY k.safe, e.code, k.currency, k.live
)

SELECT
    coalesce(m.safe, o.safe) AS object,
    coalesce(m.code, o.code) AS code,
    coalesce(m.currency, o.currency) AS currency,
    coalesce(m.live, o.live) AS live,
    NULL AS wrong,
    ARRAY[coalesce(o.amount, 0)] AS expected,
    ARRAY[coalesce(m.amount, 0)] AS found,
    count(*) OVER () AS total
FROM moved AS m
FULL JOIN told AS o
    ON o.safe = m.safe AND o.code = m.code AND o.currency = m.currency AND o.live = m.live
WHERE coalesce(m.amount, 0) <> coalesce(o.amount, 0)
ORDER BY object, code
LIMIT $6;
