-- name: terminals
-- Terminals by id, and by the code that waits to pair them. One row may come twice.
SELECT * FROM terminals.terminal WHERE id = ANY($1::uuid[])
UNION ALL
SELECT * FROM terminals.terminal WHERE pairing_mac = ANY($2::bytea[]) AND pairing_mac <> '';

-- name: terminal_by_number
-- The terminal of a terminal number.
SELECT * FROM terminals.terminal WHERE house_number = $1;

-- name: terminals_by_number
-- The terminals of these terminal numbers.
SELECT * FROM terminals.terminal WHERE house_number = ANY($1::integer[]);

-- name: terminals_of
-- A merchant's terminals, the newest first, before an id.
SELECT * FROM terminals.terminal
WHERE merchant = $1 AND live = $2 AND id < $3
ORDER BY id DESC
LIMIT $4;

-- name: numbers
-- The last numbers that were given: of all terminals, of all merchants with terminals.
SELECT
    coalesce(max(house_number), 0) AS house_number,
    coalesce(max(merchant_number), 0) AS merchant_number
FROM terminals.terminal;

-- name: numbers_of_stores
-- The last number that was given in each of these stores.
SELECT store, max(number) AS number FROM terminals.terminal WHERE store = ANY($1::uuid[]) GROUP BY store;

-- name: numbers_of_merchants
-- The number of each of these merchants.
SELECT DISTINCT merchant, merchant_number FROM terminals.terminal WHERE merchant = ANY($1::uuid[]);

-- name: write_terminals
-- Write terminals: new ones, and what may change of those that are there.
INSERT INTO terminals.terminal (
    id, merchant, live, store, kind, name, number, house_number, merchant_number, refund_max, created_at,
    retired_at, pairings, paired_at, pairing_mac, pairing_until
)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::uuid[], $5::smallint[], $6::text[], $7::integer[],
    $8::integer[], $9::integer[], $10::bigint[], $11::bigint[], $12::bigint[], $13::integer[],
    $14::bigint[], $15::bytea[], $16::bigint[]
)
ON CONFLICT (id) DO UPDATE SET
    retired_at = excluded.retired_at,
    pairings = excluded.pairings,
    paired_at = excluded.paired_at,
    pairing_mac = excluded.pairing_mac,
    pairing_until = excluded.pairing_until;

-- name: cashiers
-- Cashiers by id, and those at work by store and number. One row may come twice.
SELECT * FROM terminals.cashier WHERE id = ANY($1::uuid[])
UNION ALL
SELECT c.*
FROM unnest($2::uuid[], $3::text[]) AS named (store, number)
INNER JOIN terminals.cashier AS c
    ON c.store = named.store AND c.number = named.number AND c.retired_at = 0;

-- name: cashiers_of
-- A merchant's cashiers, the newest first.
SELECT * FROM terminals.cashier WHERE merchant = $1 AND live = $2 ORDER BY id DESC;

-- name: write_cashiers
-- Write cashiers: new ones, and when they left.
INSERT INTO terminals.cashier (id, merchant, live, store, number, name, created_at, retired_at)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]
)
ON CONFLICT (id) DO UPDATE SET retired_at = excluded.retired_at;

-- name: last_shifts
-- The last shift of each of these terminals.
SELECT s.*
FROM unnest($1::uuid[]) AS t (id)
CROSS JOIN LATERAL (
    SELECT * FROM terminals.shift AS s WHERE s.terminal = t.id ORDER BY s.number DESC LIMIT 1
) AS s;

-- name: shift
-- A shift of a terminal, or its last one.
SELECT * FROM terminals.shift
WHERE terminal = $1 AND ($2::integer IS NULL OR number = $2)
ORDER BY number DESC
LIMIT 1;

-- name: write_shifts
-- Write shifts: new ones, and how they ended.
INSERT INTO terminals.shift (
    terminal, number, cashier, opened_at, opening_float, after_receipt, closed_at, last_receipt, counted_cash
)
SELECT *
FROM unnest(
    $1::uuid[], $2::integer[], $3::uuid[], $4::bigint[], $5::bigint[], $6::integer[], $7::bigint[],
    $8::integer[], $9::bigint[]
)
ON CONFLICT (terminal, number) DO UPDATE SET
    closed_at = excluded.closed_at,
    last_receipt = excluded.last_receipt,
    counted_cash = excluded.counted_cash;

-- name: receipts
-- Receipts by terminal and number.
SELECT r.*
FROM unnest($1::uuid[], $2::integer[]) AS named (terminal, number)
INNER JOIN terminals.receipt AS r ON r.terminal = named.terminal AND r.number = named.number;

-- name: receipts_at
-- A terminal's receipts, the newest first, before a number.
SELECT * FROM terminals.receipt WHERE terminal = $1 AND number < $2 ORDER BY number DESC LIMIT $3;

-- name: cash
-- Receipts of cash by terminal and the till's reference.
SELECT r.*
FROM unnest($1::uuid[], $2::text[]) AS named (terminal, reference)
INNER JOIN terminals.receipt AS r
    ON r.terminal = named.terminal AND r.reference = named.reference AND r.tender = 'cash';

-- name: last_receipts
-- The last number of each of these terminals' receipts; 0 where there is none.
SELECT
    t.id AS terminal,
    coalesce((SELECT max(r.number) FROM terminals.receipt AS r WHERE r.terminal = t.id), 0) AS number
FROM unnest($1::uuid[]) AS t (id);

-- name: last_sales
-- The number of each of these terminals' last sale.
SELECT
    t.id AS terminal,
    coalesce(
        (SELECT max(r.number) FROM terminals.receipt AS r WHERE r.terminal = t.id AND r.kind = 'sale'), 0
    ) AS number
FROM unnest($1::uuid[]) AS t (id);

-- name: add_receipts
-- Write new receipts.
INSERT INTO terminals.receipt (
    terminal, number, at, kind, tender, amount, currency, payment, refund, reference
)
SELECT *
FROM unnest(
    $1::uuid[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::uuid[],
    $9::uuid[], $10::text[]
);

-- name: print_receipt
-- Count a print of a receipt.
UPDATE terminals.receipt SET prints = prints + 1 WHERE terminal = $1 AND number = $2 RETURNING *;

-- name: sums
-- What moved at a terminal after one receipt and up to another, by tender and currency.
SELECT
    tender,
    currency,
    max(number) AS last_receipt,
    count(*) FILTER (WHERE kind = 'sale')::integer AS sales,
    coalesce(sum(amount) FILTER (WHERE kind = 'sale'), 0)::bigint AS sold,
    count(*) FILTER (WHERE kind = 'refund')::integer AS refunds,
    coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded,
    count(*) FILTER (WHERE kind = 'reversal')::integer AS reversals,
    coalesce(sum(amount) FILTER (WHERE kind = 'reversal'), 0)::bigint AS reversed
FROM terminals.receipt
WHERE terminal = $1 AND number > $2 AND ($3::integer IS NULL OR number <= $3)
GROUP BY tender, currency
ORDER BY tender, currency;

-- name: stations
-- Where these terminals are in their work.
SELECT terminal, pairing, key, key_before, key_at, key_before_at, batch
FROM terminals.station
WHERE terminal = ANY($1::integer[]);

-- name: write_stations
-- Write where terminals are in their work.
INSERT INTO terminals.station (terminal, pairing, key, key_before, key_at, key_before_at, batch)
SELECT terminal, pairing, key, key_before, key_at, key_before_at, batch
FROM unnest(
    $1::integer[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::integer[]
)
    AS n (terminal, pairing, key, key_before, key_at, key_before_at, batch)
ON CONFLICT (terminal) DO UPDATE SET
    pairing = excluded.pairing,
    key = excluded.key,
    key_before = excluded.key_before,
    key_at = excluded.key_at,
    key_before_at = excluded.key_before_at,
    batch = excluded.batch;

-- name: entries
-- Entries by terminal, batch and number.
SELECT found.*
FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS named (terminal, batch, stan)
CROSS JOIN LATERAL (
    SELECT e.*
    FROM terminals.entry AS e
    WHERE e.terminal = named.terminal AND e.batch = named.batch AND e.stan = named.stan
    LIMIT 1
) AS found;

-- name: entries_of_batches
-- All entries of batches: those in progress, or all that stand.
SELECT found.*
FROM unnest($1::integer[], $2::integer[], $3::boolean[]) AS named (terminal, batch, whole)
CROSS JOIN LATERAL (
    SELECT e.*
    FROM terminals.entry AS e
    WHERE
        e.terminal = named.terminal AND e.batch = named.batch AND e.state = 1
        AND (e.code = '09' OR (named.whole AND e.code = '00'))
) AS found;

-- name: totals
-- What batches come to: purchases and completions, and refunds, that stand.
SELECT
    named.terminal,
    named.batch,
    coalesce(sum(e.amount) FILTER (WHERE e.kind IN (1, 4)), 0)::bigint AS debits,
    count(*) FILTER (WHERE e.kind IN (1, 4)) AS debit_count,
    coalesce(sum(e.amount) FILTER (WHERE e.kind = 5), 0)::bigint AS credits,
    count(*) FILTER (WHERE e.kind = 5) AS credit_count
FROM unnest($1::integer[], $2::integer[]) AS named (terminal, batch)
INNER JOIN terminals.entry AS e
    ON e.terminal = named.terminal AND e.batch = named.batch AND e.state = 1 AND e.code = '00'
GROUP BY named.terminal, named.batch;

-- name: write_entries
-- Write entries: new ones, and what became of those that are there.
INSERT INTO terminals.entry AS e (
    terminal, batch, stan, kind, state, code, amount, currency, asked, payment, refunded, at, turned_at
)
SELECT *
FROM unnest(
    $1::integer[], $2::integer[], $3::integer[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[],
    $8::text[], $9::uuid[], $10::uuid[], $11::bigint[], $12::bigint[], $13::bigint[]
)
ON CONFLICT (terminal, batch, stan) DO UPDATE SET
    state = excluded.state,
    code = excluded.code,
    payment = excluded.payment,
    refunded = excluded.refunded,
    at = excluded.at,
    turned_at = excluded.turned_at;

-- name: closed_batches
-- Those of these batches that are closed.
SELECT found.*
FROM unnest($1::integer[], $2::integer[]) AS named (terminal, batch)
CROSS JOIN LATERAL (
    SELECT c.*
    FROM terminals.closed_batch AS c
    WHERE c.terminal = named.terminal AND c.batch = named.batch
    LIMIT 1
) AS found;

-- name: batches_of
-- A terminal's closed batches, the newest first, closed before a moment.
SELECT * FROM terminals.closed_batch
WHERE terminal = $1 AND closed_at < $2
ORDER BY closed_at DESC
LIMIT $3;

-- name: batches_that_differed
-- Batches of a store's terminals that differed, closed since a moment, the newest first.
SELECT c.*
FROM terminals.closed_batch AS c
INNER JOIN terminals.terminal AS t ON c.terminal = t.house_number
WHERE t.store = $1 AND c.closed_at >= $2 AND c.differences > 0
ORDER BY c.closed_at DESC
LIMIT $3;

-- name: add_closed_batches
-- Write batches that are closed.
INSERT INTO terminals.closed_batch (
    terminal, batch, currency, closed_at, debits, debit_count, credits, credit_count, terminal_debits,
    terminal_debit_count, terminal_credits, terminal_credit_count, differences
)
SELECT *
FROM unnest(
    $1::integer[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::integer[], $7::bigint[],
    $8::integer[], $9::bigint[], $10::integer[], $11::bigint[], $12::integer[], $13::integer[]
);

-- name: uploaded
-- What was sent of these batches.
SELECT found.*
FROM unnest($1::integer[], $2::integer[]) AS named (terminal, batch)
CROSS JOIN LATERAL (
    SELECT u.*
    FROM terminals.uploaded AS u
    WHERE u.terminal = named.terminal AND u.batch = named.batch
) AS found;

-- name: write_uploaded
-- Write what terminals say that they have.
INSERT INTO terminals.uploaded (terminal, batch, stan, amount, currency, is_credit, finding)
SELECT terminal, batch, stan, amount, currency, is_credit, finding
FROM unnest(
    $1::integer[], $2::integer[], $3::integer[], $4::bigint[], $5::text[], $6::boolean[], $7::text[]
) AS n (terminal, batch, stan, amount, currency, is_credit, finding)
ON CONFLICT (terminal, batch, stan) DO UPDATE SET
    amount = excluded.amount,
    is_credit = excluded.is_credit,
    finding = excluded.finding;

-- name: offline_policies
-- What these merchants have allowed, and when.
SELECT merchant, live, effective_at, each_max, total_max, count_max
FROM terminals.offline_policy
WHERE merchant = ANY($1::uuid[]);

-- name: offline_policy_now
-- What a merchant allows now.
SELECT merchant, live, effective_at, each_max, total_max, count_max
FROM terminals.offline_policy
WHERE merchant = $1 AND live = $2
ORDER BY effective_at DESC
LIMIT 1;

-- name: add_offline_policies
-- Write new policies.
INSERT INTO terminals.offline_policy (merchant, live, effective_at, each_max, total_max, count_max)
SELECT *
FROM unnest($1::uuid[], $2::boolean[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[]);

-- name: offline_sales
-- Sales without a network by terminal, pairing and number.
SELECT s.*
FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS named (terminal, pairing, sequence)
INNER JOIN terminals.offline_sale AS s
    ON s.terminal = named.terminal AND s.pairing = named.pairing AND s.sequence = named.sequence;

-- name: offline_last
-- The greatest number that has come of each of these pairings.
SELECT s.terminal, s.pairing, max(s.sequence) AS last
FROM terminals.offline_sale AS s
WHERE (s.terminal, s.pairing) IN (SELECT n.t, n.p FROM unnest($1::uuid[], $2::integer[]) AS n (t, p))
GROUP BY s.terminal, s.pairing;

-- name: offline_accepted
-- What was accepted of these terminals, taken after $2.
SELECT * FROM terminals.offline_sale
WHERE terminal = ANY($1::uuid[]) AND taken_at > $2 AND reason IS NULL;

-- name: add_offline_sales
-- Write what became of sales without a network.
INSERT INTO terminals.offline_sale (
    terminal, pairing, sequence, taken_at, amount, currency, digest, reason, payment, after_gap, uploaded_at
)
SELECT *
FROM unnest(
    $1::uuid[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[],
    $8::text[], $9::uuid[], $10::boolean[], $11::bigint[]
);

-- name: offline_missing
-- Numbers of a terminal that later ones tell of and that have not come, the first first.
WITH known AS (
    SELECT
        pairing,
        sequence,
        lag(sequence, 1, 0) OVER (PARTITION BY pairing ORDER BY sequence) AS before
    FROM terminals.offline_sale
    WHERE terminal = $1
)

SELECT k.pairing, missing.sequence
FROM known AS k
CROSS JOIN LATERAL generate_series(k.before + 1, least(k.sequence - 1, k.before + $2)) AS missing (sequence)
ORDER BY k.pairing, missing.sequence
LIMIT $2;
