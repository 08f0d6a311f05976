-- ledger: the book. Batches, accounts, transfers, ends of pending transfers, burnt ids; written by the store.
--
-- 128-bit ids are uuid, whose order is that of the number. Unsigned fields are kept in signed columns of the
-- same width, bit by bit; the view shows them so too. Rows are written by COPY: columns stand in the order of
-- the bytes that go into the digest. Keep `milletpay/ledger/rows.py` in step.

CREATE SCHEMA ledger;

GRANT USAGE ON SCHEMA ledger TO millet_app;

-- What one writer added in one transaction. The last row is the head of the book.
CREATE TABLE ledger.batch (
    number          bigint PRIMARY KEY CHECK (number > 0),
    timestamp       bigint NOT NULL CHECK (timestamp > 0),  -- of its last event
    accounting_date integer NOT NULL CHECK (accounting_date > 0),  -- YYYYMMDD, never falling
    accounts        integer NOT NULL CHECK (accounts >= 0),  -- how many rows of each kind it added
    transfers       integer NOT NULL CHECK (transfers >= 0),
    resolutions     integer NOT NULL CHECK (resolutions >= 0),
    burnt           integer NOT NULL CHECK (burnt >= 0),
    id_max          uuid NOT NULL,  -- the greatest transfer id used or burnt so far
    expired_to      bigint NOT NULL CHECK (expired_to >= 0),  -- what was due by then is expired
    tail_from       bigint NOT NULL CHECK (tail_from > 0),  -- from this batch on, balances are in the tail
    digest          bytea NOT NULL CHECK (octet_length(digest) = 32)  -- SHA-256; see `seal` in head.py
);

-- Who can hold money. The balances are a checkpoint: the newest ones may still be in the tail.
CREATE TABLE ledger.account (
    id              uuid PRIMARY KEY,
    user_data_128   uuid NOT NULL,
    user_data_64    bigint NOT NULL,
    user_data_32    integer NOT NULL,
    ledger          integer NOT NULL CHECK (ledger <> 0),
    code            smallint NOT NULL CHECK (code <> 0),
    flags           smallint NOT NULL,  -- as created; whether a transfer has closed it is in `closed`
    timestamp       bigint NOT NULL CHECK (timestamp > 0),
    debits_pending  bigint NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    debits_posted   bigint NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_pending bigint NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    credits_posted  bigint NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    closed          boolean NOT NULL DEFAULT false,
    -- The bounds that the machine keeps, once more. Sums past the greatest bigint fail by themselves.
    CONSTRAINT debits_must_not_exceed_credits
    CHECK (flags & 2 = 0 OR debits_pending + debits_posted <= credits_posted),
    CONSTRAINT credits_must_not_exceed_debits
    CHECK (flags & 4 = 0 OR credits_pending + credits_posted <= debits_posted),
    CONSTRAINT debits_overflow CHECK (debits_pending + debits_posted >= 0),
    CONSTRAINT credits_overflow CHECK (credits_pending + credits_posted >= 0)
) WITH (fillfactor = 50);  -- room for new balances beside the old, so that no index is touched

-- For `millet check`, which reads batch by batch; costs next to nothing to keep.
CREATE INDEX account_timestamp ON ledger.account USING brin (timestamp);

-- Money that moved, or is reserved. Never changed, never deleted.
CREATE TABLE ledger.transfer (
    id                uuid NOT NULL,
    debit_account_id  uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    amount            bigint NOT NULL CHECK (amount >= 0),
    pending_id        uuid NOT NULL,  -- zero: resolves none
    user_data_128     uuid NOT NULL,
    user_data_64      bigint NOT NULL,
    user_data_32      integer NOT NULL,
    timeout           integer NOT NULL,
    ledger            integer NOT NULL,
    code              smallint NOT NULL,
    flags             smallint NOT NULL,
    timestamp         bigint NOT NULL,
    CONSTRAINT transfer_pkey PRIMARY KEY (id)
);

CREATE INDEX transfer_timestamp ON ledger.transfer USING brin (timestamp);

-- Both sides of what a business has moved: statements are read along these, the newest first.
CREATE INDEX transfer_debit ON ledger.transfer (debit_account_id, timestamp)
WHERE user_data_128 <> '00000000-0000-0000-0000-000000000000';

CREATE INDEX transfer_credit ON ledger.transfer (credit_account_id, timestamp)
WHERE user_data_128 <> '00000000-0000-0000-0000-000000000000';

-- When a pending transfer is due, in nanoseconds; for expiry.
CREATE INDEX transfer_expires_at
ON ledger.transfer ((timestamp + (timeout::bigint & 4294967295) * 1000000000))
WHERE timeout <> 0;

-- How a pending transfer ended, once.
CREATE TABLE ledger.resolution (
    pending_id uuid PRIMARY KEY,
    status     smallint NOT NULL CHECK (status IN (1, 2, 3)),  -- posted, voided, expired
    timestamp  bigint NOT NULL
);

CREATE INDEX resolution_timestamp ON ledger.resolution USING brin (timestamp);

-- Ids that a transient refusal has used up.
CREATE TABLE ledger.burnt (
    id        uuid PRIMARY KEY,
    timestamp bigint NOT NULL
);

CREATE INDEX burnt_timestamp ON ledger.burnt USING brin (timestamp);

-- Balances newer than the checkpoint: one row per batch, folded into the accounts every so many batches.
CREATE TABLE ledger.tail (
    batch    bigint PRIMARY KEY,
    balances bytea NOT NULL  -- records of 49 bytes: account id, the four balances in their order, closed
);

ALTER TABLE ledger.tail ALTER COLUMN balances SET STORAGE EXTERNAL;

-- The newest record of an account in the tail, or NULL.
CREATE FUNCTION ledger.tail_record(account_id uuid) RETURNS bytea
LANGUAGE plpgsql STABLE STRICT
AS $$
DECLARE
    packed bytea;
    found_at integer;
    skipped integer;
BEGIN
    FOR packed IN SELECT t.balances FROM ledger.tail AS t ORDER BY t.batch DESC LOOP
        skipped := 0;
        LOOP
            found_at := position(uuid_send(account_id) IN substring(packed FROM skipped + 1));
            EXIT WHEN found_at = 0;
            found_at := found_at + skipped;
            IF (found_at - 1) % 49 = 0 THEN
                RETURN substring(packed FROM found_at FOR 49);
            END IF;
            skipped := found_at;
        END LOOP;
    END LOOP;
    RETURN NULL;
END;
$$;

-- A balance at an offset of a record of the tail.
CREATE FUNCTION ledger.balance_at(record bytea, place integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT
RETURN ('x' || encode(substring(record FROM 17 + place * 8 FOR 8), 'hex'))::bit(64)::bigint;

-- Accounts as they stand now: the checkpoint and the tail.
CREATE VIEW ledger.account_now AS
SELECT
    a.id,
    coalesce(ledger.balance_at(t.record, 0), a.debits_pending) AS debits_pending,
    coalesce(ledger.balance_at(t.record, 1), a.debits_posted) AS debits_posted,
    coalesce(ledger.balance_at(t.record, 2), a.credits_pending) AS credits_pending,
    coalesce(ledger.balance_at(t.record, 3), a.credits_posted) AS credits_posted,
    a.user_data_128,
    a.user_data_64,
    a.user_data_32,
    a.ledger,
    a.code,
    a.flags,
    a.flags & 32 <> 0 OR coalesce(get_byte(t.record, 48) <> 0, a.closed) AS closed,
    a.timestamp
FROM ledger.account AS a
CROSS JOIN LATERAL (SELECT ledger.tail_record(a.id) AS record) AS t;

GRANT SELECT, INSERT
ON ledger.batch, ledger.account, ledger.transfer, ledger.resolution, ledger.burnt
TO millet_app;
GRANT UPDATE (debits_pending, debits_posted, credits_pending, credits_posted, closed)
ON ledger.account TO millet_app;
GRANT SELECT, INSERT, DELETE ON ledger.tail TO millet_app;
GRANT SELECT ON ledger.account_now TO millet_app;
