-- name: read_by_time
-- For the rest of the transaction: read stretches along the indexes on time, page by page.
SELECT
    set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('enable_seqscan', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true);

-- name: read_as_a_whole
-- For the rest of the transaction: sum up by account in tables of hashes, with memory enough for them.
SELECT
    set_config('idle_in_transaction_session_timeout', '0', true),
    set_config('work_mem', '128MB', true),
    set_config('enable_sort', 'off', true),
    set_config('enable_nestloop', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true);

-- name: share_snapshot
-- Name the moment that this transaction sees, for another one to see the same.
SELECT pg_export_snapshot();

-- name: batches
-- The batches after this one, in order.
SELECT number, timestamp, accounting_date, accounts, transfers, resolutions, burnt,
    id_max, expired_to, tail_from, digest
FROM ledger.batch
WHERE number > $1
ORDER BY number
LIMIT $2;

-- name: sealed_accounts
-- Accounts after one time and by another, in the columns that are in the digest.
SELECT id, user_data_128, user_data_64, user_data_32, ledger, code, flags, timestamp
FROM ledger.account
WHERE timestamp > $1 AND timestamp <= $2
LIMIT $3;

-- name: sealed_transfers
-- Transfers after one time and by another, in the columns that are in the digest.
SELECT id, debit_account_id, credit_account_id, amount, pending_id, user_data_128, user_data_64, user_data_32,
    timeout, ledger, code, flags, timestamp
FROM ledger.transfer
WHERE timestamp > $1 AND timestamp <= $2
LIMIT $3;

-- name: sealed_resolutions
-- Ends of pending transfers after one time and by another, in the columns that are in the digest.
SELECT pending_id, status, timestamp
FROM ledger.resolution
WHERE timestamp > $1 AND timestamp <= $2
LIMIT $3;

-- name: sealed_burnt
-- Burnt ids after one time and by another, in the columns that are in the digest.
SELECT id, timestamp
FROM ledger.burnt
WHERE timestamp > $1 AND timestamp <= $2
LIMIT $3;

-- name: outside
-- Rows that are in no batch: later than the last one, or before all time.
SELECT 'account' AS kind, id, timestamp FROM ledger.account WHERE timestamp > $1 OR timestamp <= 0
UNION ALL
SELECT 'transfer', id, timestamp FROM ledger.transfer WHERE timestamp > $1 OR timestamp <= 0
UNION ALL
SELECT 'end of the pending transfer', pending_id, timestamp
FROM ledger.resolution
WHERE timestamp > $1 OR timestamp <= 0
UNION ALL
SELECT 'burnt id', id, timestamp FROM ledger.burnt WHERE timestamp > $1 OR timestamp <= 0
LIMIT $2;

-- name: joins
-- How many transfers of each reason join accounts of which kinds and pools; NULL where there is no account.
SELECT
    t.code & 65535 AS code,
    t.ledger::bigint & 4294967295 AS ledger,
    d.code & 65535 AS debit_code,
    d.ledger::bigint & 4294967295 AS debit_ledger,
    c.code & 65535 AS credit_code,
    c.ledger::bigint & 4294967295 AS credit_ledger,
    count(*) AS transfers
FROM ledger.transfer AS t
LEFT JOIN ledger.account AS d ON d.id = t.debit_account_id
LEFT JOIN ledger.account AS c ON c.id = t.credit_account_id
GROUP BY 1, 2, 3, 4, 5, 6;

-- name: joined
-- The first transfers of a reason that join accounts of these kinds and pools.
SELECT t.id, t.timestamp
FROM ledger.transfer AS t
LEFT JOIN ledger.account AS d ON d.id = t.debit_account_id
LEFT JOIN ledger.account AS c ON c.id = t.credit_account_id
WHERE
    t.code & 65535 = $1
    AND t.ledger::bigint & 4294967295 = $2
    AND d.code & 65535 IS NOT DISTINCT FROM $3
    AND d.ledger::bigint & 4294967295 IS NOT DISTINCT FROM $4
    AND c.code & 65535 IS NOT DISTINCT FROM $5
    AND c.ledger::bigint & 4294967295 IS NOT DISTINCT FROM $6
ORDER BY t.timestamp
LIMIT $7;

-- name: time_of_batch
-- When a batch ended.
SELECT timestamp FROM ledger.batch WHERE number = $1;

-- name: ledgers
-- The ledgers of all accounts.
SELECT DISTINCT ledger::bigint & 4294967295 AS ledger FROM ledger.account;

-- name: count_accounts
-- How many accounts there are.
SELECT count(*) FROM ledger.account;

-- name: ends
-- Ends of pending transfers and the transfers that made them: how many of each, and what is wrong with some.
WITH ended AS (
    SELECT
        p.id IS NOT NULL AS known,
        coalesce(r.pending_id, t.pending_id) AS pending_id,
        r.status,
        CASE
            WHEN r.pending_id IS NULL THEN 'is resolved by a transfer, but that is not written down'
            WHEN r.status = 3 AND t.id IS NOT NULL THEN 'has expired, and is resolved by a transfer too'
            WHEN r.status <> 3 AND t.id IS NULL THEN 'is written down as resolved, but by no transfer'
            WHEN p.id IS NULL THEN 'has an end, but there is no such transfer'
            WHEN p.flags & 2 = 0 THEN 'has an end, but was not pending'
            WHEN r.timestamp <= p.timestamp THEN 'ended before it began'
            WHEN r.status = 3 AND (p.timeout = 0 OR r.timestamp < d.due_at) THEN 'has expired before its time'
            WHEN r.status = 3 THEN NULL
            WHEN r.timestamp <> t.timestamp THEN 'ended at another time than it was resolved'
            WHEN (r.status = 1) <> (t.flags & 4 <> 0) THEN 'did not end as its transfer says'
            WHEN p.timeout <> 0 AND r.timestamp >= d.due_at THEN 'was resolved when it was due already'
            WHEN t.amount > p.amount THEN 'was posted for more than it reserved'
            WHEN t.flags & 8 <> 0 AND t.amount <> p.amount THEN 'was voided for another amount'
            WHEN
                (t.debit_account_id, t.credit_account_id, t.ledger, t.code)
                <> (p.debit_account_id, p.credit_account_id, p.ledger, p.code)
                THEN 'was resolved between other accounts, or for another reason'
        END AS wrong,
        coalesce(r.timestamp, t.timestamp) AS timestamp
    FROM (SELECT * FROM ledger.transfer WHERE flags & 12 <> 0) AS t
    FULL JOIN ledger.resolution AS r ON r.pending_id = t.pending_id
    LEFT JOIN ledger.transfer AS p ON p.id = coalesce(r.pending_id, t.pending_id)
    CROSS JOIN LATERAL (
        SELECT p.timestamp + (p.timeout::bigint & 4294967295) * 1000000000 AS due_at
    ) AS d
)

SELECT
    status,
    wrong,
    count(*) AS ends,
    (array_agg(pending_id ORDER BY timestamp) FILTER (WHERE wrong IS NOT NULL))[:$1] AS ids,
    (array_agg(timestamp ORDER BY timestamp) FILTER (WHERE wrong IS NOT NULL))[:$1] AS timestamps
FROM ended
GROUP BY status, wrong
ORDER BY min(timestamp);

-- name: overdue
-- Pending transfers that were due by this time and have no end.
SELECT t.id, t.timestamp
FROM ledger.transfer AS t
WHERE
    t.timeout <> 0
    AND t.timestamp + (t.timeout::bigint & 4294967295) * 1000000000 <= $1
    AND NOT EXISTS (SELECT FROM ledger.resolution AS r WHERE r.pending_id = t.id)
ORDER BY t.timestamp
LIMIT $2;

-- name: used_and_burnt
-- Ids that a refusal has used up, and that a transfer has all the same.
SELECT t.id, t.timestamp
FROM ledger.burnt AS b
INNER JOIN ledger.transfer AS t ON t.id = b.id
ORDER BY t.timestamp
LIMIT $1;

-- name: greatest_ids
-- The greatest id that is used, and the greatest that is burnt.
SELECT
    (SELECT id FROM ledger.transfer ORDER BY id DESC LIMIT 1) AS used,
    (SELECT id FROM ledger.burnt ORDER BY id DESC LIMIT 1) AS burnt;

-- name: strangers
-- Which of these ids are of no account.
SELECT n.id
FROM unnest($1::uuid[]) AS n (id)
LEFT JOIN ledger.account AS a ON a.id = n.id
WHERE a.id IS NULL
LIMIT $2;

-- name: unlike_their_transfers
-- Accounts that do not stand where their transfers and open pendings put them, at the checkpoint or now.
WITH open_pending AS (
    SELECT
        t.debit_account_id,
        t.credit_account_id,
        t.amount,
        t.flags,
        r.pending_id IS NULL AS now,
        t.timestamp <= $1 AND (r.pending_id IS NULL OR r.timestamp > $1) AS at_checkpoint
    FROM ledger.transfer AS t
    LEFT JOIN ledger.resolution AS r ON r.pending_id = t.id
    WHERE t.flags & 2 <> 0 AND (r.pending_id IS NULL OR r.timestamp > $1)
),

-- Posted is what is neither pending nor voids.
debit AS (
    SELECT
        debit_account_id AS id,
        sum(amount) AS posted,
        sum(amount) FILTER (WHERE timestamp <= $1) AS posted_then
    FROM ledger.transfer
    WHERE flags & 10 = 0
    GROUP BY debit_account_id
),

credit AS (
    SELECT
        credit_account_id AS id,
        sum(amount) AS posted,
        sum(amount) FILTER (WHERE timestamp <= $1) AS posted_then
    FROM ledger.transfer
    WHERE flags & 10 = 0
    GROUP BY credit_account_id
),

debit_open AS (
    SELECT
        debit_account_id AS id,
        sum(amount) FILTER (WHERE now) AS pending,
        sum(amount) FILTER (WHERE at_checkpoint) AS pending_then,
        bool_or(now AND flags & 64 <> 0) AS closed,
        bool_or(at_checkpoint AND flags & 64 <> 0) AS closed_then
    FROM open_pending
    GROUP BY debit_account_id
),

credit_open AS (
    SELECT
        credit_account_id AS id,
        sum(amount) FILTER (WHERE now) AS pending,
        sum(amount) FILTER (WHERE at_checkpoint) AS pending_then,
        bool_or(now AND flags & 128 <> 0) AS closed,
        bool_or(at_checkpoint AND flags & 128 <> 0) AS closed_then
    FROM open_pending
    GROUP BY credit_account_id
),

standing AS (
    SELECT
        a.id,
        a.flags,
        ARRAY[
            a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted
        ]::numeric[] AS then_found,
        ARRAY[
            coalesce(dp.pending_then, 0), coalesce(d.posted_then, 0),
            coalesce(cp.pending_then, 0), coalesce(c.posted_then, 0)
        ] AS then_expected,
        a.closed AS then_closed,
        coalesce(dp.closed_then, false) OR coalesce(cp.closed_then, false) AS then_closed_expected,
        CASE
            WHEN n.id IS NULL
                THEN ARRAY[a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted]
            ELSE ARRAY[n.debits_pending, n.debits_posted, n.credits_pending, n.credits_posted]
        END::numeric[] AS now_found,
        ARRAY[
            coalesce(dp.pending, 0), coalesce(d.posted, 0), coalesce(cp.pending, 0), coalesce(c.posted, 0)
        ] AS now_expected,
        coalesce(n.closed, a.closed) AS now_closed,
        coalesce(dp.closed, false) OR coalesce(cp.closed, false) AS now_closed_expected
    FROM ledger.account AS a
    LEFT JOIN debit AS d ON d.id = a.id
    LEFT JOIN credit AS c ON c.id = a.id
    LEFT JOIN debit_open AS dp ON dp.id = a.id
    LEFT JOIN credit_open AS cp ON cp.id = a.id
    LEFT JOIN unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[])
        AS n (id, debits_pending, debits_posted, credits_pending, credits_posted, closed) ON n.id = a.id
)

SELECT *, count(*) OVER () AS total
FROM standing
WHERE
    then_found <> then_expected
    OR then_closed <> then_closed_expected
    OR now_found <> now_expected
    OR now_closed <> now_closed_expected
    OR (flags & 2 <> 0 AND now_found[1] + now_found[2] > now_found[4])
    OR (flags & 4 <> 0 AND now_found[3] + now_found[4] > now_found[2])
    OR greatest(now_found[1] + now_found[2], now_found[3] + now_found[4]) > 9223372036854775807
ORDER BY id
LIMIT $8;

-- name: pools
-- What the accounts of each pool hold in all, with the balances of the tail in the place of their own.
SELECT
    a.ledger::bigint & 4294967295 AS ledger,
    sum(CASE WHEN n.id IS NULL THEN a.debits_pending ELSE n.debits_pending END) AS debits_pending,
    sum(CASE WHEN n.id IS NULL THEN a.debits_posted ELSE n.debits_posted END) AS debits_posted,
    sum(CASE WHEN n.id IS NULL THEN a.credits_pending ELSE n.credits_pending END) AS credits_pending,
    sum(CASE WHEN n.id IS NULL THEN a.credits_posted ELSE n.credits_posted END) AS credits_posted
FROM ledger.account AS a
LEFT JOIN unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
    AS n (id, debits_pending, debits_posted, credits_pending, credits_posted) ON n.id = a.id
GROUP BY a.ledger
ORDER BY 1;
