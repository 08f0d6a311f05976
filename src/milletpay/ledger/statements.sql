-- name: head
-- The last batch: where the book stands.
SELECT number, timestamp, accounting_date, id_max, expired_to, tail_from, digest
FROM ledger.batch
ORDER BY number DESC
LIMIT 1;

-- name: digest
-- The digest of a batch.
SELECT digest FROM ledger.batch WHERE number = $1;

-- name: accounts
-- Accounts by id, with the balances of the checkpoint.
SELECT id, user_data_128, user_data_64, user_data_32, ledger, code, flags, timestamp,
    debits_pending, debits_posted, credits_pending, credits_posted, closed
FROM ledger.account
WHERE id = ANY($1::uuid[]);

-- name: accounts_now
-- Accounts by id as they stand now.
SELECT id, user_data_128, user_data_64, user_data_32, ledger, code, flags, timestamp,
    debits_pending, debits_posted, credits_pending, credits_posted, closed
FROM ledger.account_now
WHERE id = ANY($1::uuid[]);

-- name: transfers
-- Transfers by id, each with the end of the pending one that it is, if it has ended.
SELECT t.id, t.debit_account_id, t.credit_account_id, t.amount, t.pending_id, t.user_data_128, t.user_data_64,
    t.user_data_32, t.timeout, t.ledger, t.code, t.flags, t.timestamp,
    r.status AS ended, r.timestamp AS ended_at
FROM ledger.transfer AS t
LEFT JOIN ledger.resolution AS r ON r.pending_id = t.id
WHERE t.id = ANY($1::uuid[]);

-- name: burnt
-- Which of these ids are burnt.
SELECT id FROM ledger.burnt WHERE id = ANY($1::uuid[]);

-- name: due
-- Pending transfers that are due after one time and by another, and have not ended; in the order of expiry.
SELECT t.id, t.debit_account_id, t.credit_account_id, t.amount, t.pending_id, t.user_data_128, t.user_data_64,
    t.user_data_32, t.timeout, t.ledger, t.code, t.flags, t.timestamp,
    NULL::smallint AS ended, NULL::bigint AS ended_at,
    t.timestamp + (t.timeout::bigint & 4294967295) * 1000000000 AS expires_at
FROM ledger.transfer AS t
WHERE
    t.timeout <> 0
    AND t.timestamp + (t.timeout::bigint & 4294967295) * 1000000000 > $1
    AND t.timestamp + (t.timeout::bigint & 4294967295) * 1000000000 <= $2
    AND NOT EXISTS (SELECT FROM ledger.resolution AS r WHERE r.pending_id = t.id)
ORDER BY expires_at, t.timestamp
LIMIT $3;

-- name: next_due
-- When the next pending transfer after this time is due, whether it has ended or not.
SELECT t.timestamp + (t.timeout::bigint & 4294967295) * 1000000000 AS expires_at
FROM ledger.transfer AS t
WHERE t.timeout <> 0 AND t.timestamp + (t.timeout::bigint & 4294967295) * 1000000000 > $1
ORDER BY 1
LIMIT 1;

-- name: entries
-- What a business has moved on an account before a timestamp, the newest first, at most $4 times; and
-- where the account stands, unless the balance $3 is known already. Pending transfers move nothing, nor
-- do those that void them.
SELECT
    moved.timestamp,
    moved.amount,
    moved.code & 65535 AS code,
    moved.object,
    CASE
        WHEN $3::bigint IS NULL
            THEN (SELECT n.credits_posted - n.debits_posted FROM ledger.account_now AS n WHERE n.id = $1)
    END AS latest
FROM (
    (
        SELECT d.timestamp, -d.amount AS amount, d.code, d.user_data_128 AS object
        FROM ledger.transfer AS d
        WHERE
            d.debit_account_id = $1
            AND d.timestamp < $2
            AND d.user_data_128 <> '00000000-0000-0000-0000-000000000000'
            AND d.flags & 10 = 0
        ORDER BY d.timestamp DESC
        LIMIT $4
    )
    UNION ALL
    (
        SELECT c.timestamp, c.amount, c.code, c.user_data_128 AS object
        FROM ledger.transfer AS c
        WHERE
            c.credit_account_id = $1
            AND c.timestamp < $2
            AND c.user_data_128 <> '00000000-0000-0000-0000-000000000000'
            AND c.flags & 10 = 0
        ORDER BY c.timestamp DESC
        LIMIT $4
    )
) AS moved
ORDER BY moved.timestamp DESC
LIMIT $4;

-- name: tail
-- Balances of the batches after this one, oldest first.
SELECT batch, balances FROM ledger.tail WHERE batch > $1 ORDER BY batch;

-- name: add_batch
-- The row of a batch, and the balances it leaves, unless they are folded at once.
WITH added AS (
    INSERT INTO ledger.batch (
        number, timestamp, accounting_date, accounts, transfers, resolutions, burnt,
        id_max, expired_to, tail_from, digest
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
)

INSERT INTO ledger.tail (batch, balances)
SELECT $1, $12::bytea WHERE $12 IS NOT NULL;

-- name: fold
-- Bring the checkpoint of these accounts up to date.
UPDATE ledger.account AS a
SET
    debits_pending = f.debits_pending,
    debits_posted = f.debits_posted,
    credits_pending = f.credits_pending,
    credits_posted = f.credits_posted,
    closed = f.closed
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[])
    AS f (id, debits_pending, debits_posted, credits_pending, credits_posted, closed)
WHERE a.id = f.id;

-- name: drop_tail
-- Forget the tail, once the checkpoint holds it.
DELETE FROM ledger.tail;

-- name: head_of_day
-- The last batch of an accounting date or of one before it.
SELECT number, timestamp, accounting_date, id_max, expired_to, tail_from, digest
FROM ledger.batch
WHERE accounting_date <= $1
ORDER BY number DESC
LIMIT 1;

-- name: batch_at
-- The batch that owns a timestamp.
SELECT number, accounting_date FROM ledger.batch WHERE timestamp >= $1 ORDER BY number LIMIT 1;

-- name: transfer_at
-- The transfer of a timestamp.
SELECT id FROM ledger.transfer WHERE timestamp = $1;

-- name: transfers_about
-- The last transfers of an account, or of a business object; looks through all transfers.
SELECT t.id, t.debit_account_id, t.credit_account_id, t.amount, t.pending_id, t.user_data_128, t.user_data_64,
    t.user_data_32, t.timeout, t.ledger, t.code, t.flags, t.timestamp,
    r.status AS ended, r.timestamp AS ended_at
FROM ledger.transfer AS t
LEFT JOIN ledger.resolution AS r ON r.pending_id = t.id
WHERE $1 IN (t.debit_account_id, t.credit_account_id, t.user_data_128)
ORDER BY t.timestamp DESC
LIMIT $2;
