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
