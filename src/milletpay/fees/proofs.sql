-- name: accrued
-- What stands in the accounts of fees, by ledger, but for what was settled.
SELECT moved.ledger, sum(moved.amount) AS amount
FROM (
    SELECT t.ledger, sum(t.amount) AS amount
    FROM ledger.account AS a
    INNER JOIN ledger.transfer AS t ON t.credit_account_id = a.id
    WHERE a.code = $1 AND t.code <> $2 AND t.flags & 10 = 0
    GROUP BY t.ledger
    UNION ALL
    SELECT t.ledger, -sum(t.amount) AS amount
    FROM ledger.account AS a
    INNER JOIN ledger.transfer AS t ON t.debit_account_id = a.id
    WHERE a.code = $1 AND t.code <> $2 AND t.flags & 10 = 0
    GROUP BY t.ledger
) AS moved
GROUP BY moved.ledger;
