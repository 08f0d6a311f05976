-- The schema of the first release: the packages' tables.sql, in layer order.

-- plumbing: what every package builds on. Roles: the owner migrates, millet_app runs everything else.

CREATE SCHEMA plumbing;

GRANT USAGE ON SCHEMA plumbing TO millet_app;

-- Numbered migrations that this database holds. A fresh install holds them all without having run them.
CREATE TABLE plumbing.migration (
    number     integer PRIMARY KEY CHECK (number > 0),
    name       text COLLATE "C" NOT NULL,
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    applied_at timestamptz NOT NULL DEFAULT statement_timestamp()
);

GRANT SELECT ON plumbing.migration TO millet_app;

-- Generated passwords. For the owner alone: whoever has the owner's URL finds the application's login here.
CREATE TABLE plumbing.secret (
    name  text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- The last batch of each desk: written with each COMMIT, looked up when a COMMIT was not answered.
CREATE TABLE plumbing.desk (
    id    uuid PRIMARY KEY,
    batch bigint NOT NULL CHECK (batch > 0),
    at    bigint NOT NULL CHECK (at > 0)  -- nanoseconds since the epoch
);

GRANT SELECT, INSERT, UPDATE, DELETE ON plumbing.desk TO millet_app;

-- News of what happened, written with it. Positions rise in the order of COMMIT: writers hold the book lock.
CREATE TABLE plumbing.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text COLLATE "C" NOT NULL CHECK (kind <> ''),
    object   uuid NOT NULL,
    sequence bigint NOT NULL,
    at       bigint NOT NULL CHECK (at > 0),  -- nanoseconds since the epoch
    note     text COLLATE "C" NOT NULL CHECK (octet_length(note) <= 1000)
);

GRANT SELECT, INSERT, DELETE ON plumbing.outbox TO millet_app;

-- Who reads the outbox, and how far it has come. A consumer that cannot go on says why.
CREATE TABLE plumbing.outbox_consumer (
    name      text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
    position  bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    failures  integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failure   text COLLATE "C",
    failed_at bigint,
    CHECK ((failures > 0) = (failure IS NOT NULL AND failed_at IS NOT NULL))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON plumbing.outbox_consumer TO millet_app;

-- Work to be done later. `argument` is small: an id, or a few words that the kind understands.
-- A job waits for its moment or a worker; is running while its outside call is under way, under a lease;
-- is done, and kept for a while so that its key is not taken again; or is dead when all attempts failed,
-- until a person requeues it.
CREATE TABLE plumbing.job (
    id          uuid PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL CHECK (kind <> ''),
    key         text COLLATE "C",  -- a second job of the same kind and key is not taken
    argument    text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL DEFAULT 'waiting',
    run_at      bigint NOT NULL,   -- nanoseconds since the epoch, as all moments here
    attempts    integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    lease       uuid,              -- who calls outside now, and until when it may
    lease_until bigint,
    failure     text COLLATE "C",  -- what the last attempt ran into
    created_at  bigint NOT NULL,
    finished_at bigint,
    UNIQUE (kind, key),
    CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    CHECK ((state = 'running') = (lease IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'dead' OR failure IS NOT NULL)
);

CREATE INDEX job_waiting ON plumbing.job (run_at, id) WHERE state = 'waiting';
CREATE INDEX job_running ON plumbing.job (lease_until) WHERE state = 'running';
CREATE INDEX job_finished ON plumbing.job (finished_at) WHERE state IN ('done', 'dead');

GRANT SELECT, INSERT, UPDATE, DELETE ON plumbing.job TO millet_app;

-- Each schedule fires once for each business date; the row is the proof.
CREATE TABLE plumbing.schedule_fire (
    schedule text COLLATE "C" NOT NULL CHECK (schedule <> ''),
    day      integer NOT NULL CHECK (day BETWEEN 10101 AND 99991231),  -- YYYYMMDD
    at       bigint NOT NULL CHECK (at > 0),
    PRIMARY KEY (schedule, day)
);

GRANT SELECT, INSERT ON plumbing.schedule_fire TO millet_app;

-- Answers kept under idempotency keys, written with the effect that they tell of. Never changed or deleted.
CREATE TABLE plumbing.answer (
    key    uuid PRIMARY KEY,  -- hash of who asked what under which key
    asked  uuid NOT NULL,     -- hash of the body
    status smallint NOT NULL CHECK (status BETWEEN 200 AND 499),
    body   bytea NOT NULL,
    at     bigint NOT NULL CHECK (at > 0)  -- nanoseconds since the epoch
);

GRANT SELECT, INSERT ON plumbing.answer TO millet_app;

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

-- rails: the simulated banks. Their books, not ours: nothing else reads them, and they forget nothing.

CREATE SCHEMA rails;

GRANT USAGE ON SCHEMA rails TO millet_app;

-- Cards that a simulated bank has issued. It knows a number when it sees it, but does not keep it.
CREATE TABLE rails.sim_card (
    bank     text COLLATE "C" NOT NULL,
    live     boolean NOT NULL,  -- else of test mode
    token    text COLLATE "C" NOT NULL,
    masked   text COLLATE "C" NOT NULL,
    balance  bigint NOT NULL,  -- minor units of the currency that is asked for
    PRIMARY KEY (bank, live, token)
);

-- Orders that reached a simulated bank, and what is going to become of each.
CREATE TABLE rails.sim_order (
    bank         text COLLATE "C" NOT NULL,
    live         boolean NOT NULL,
    reference    text COLLATE "C" NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 32),
    direction    smallint NOT NULL CHECK (direction IN (1, 2, 3)),  -- collects, pays, gives back
    token        text COLLATE "C" NOT NULL,
    currency     smallint NOT NULL CHECK (currency > 0),
    amount       bigint NOT NULL CHECK (amount > 0),
    original     text COLLATE "C" NOT NULL,  -- of which order it gives back; '': of none that it names
    reason       text COLLATE "C",  -- why it is refused, if it is
    unanswered   integer NOT NULL CHECK (unanswered >= 0),  -- so many more calls about it get no answer
    decided_at   bigint NOT NULL CHECK (decided_at > 0),    -- nanoseconds since the epoch; may lie ahead
    decided_day  integer NOT NULL CHECK (decided_day > 0),  -- YYYYMMDD
    come_back_at  bigint,
    come_back_day integer,
    moved_back    bigint CHECK (moved_back > 0),  -- so much comes back; NULL: what was not given back of it
    PRIMARY KEY (bank, live, reference),
    CHECK ((come_back_at IS NULL) = (come_back_day IS NULL)),
    CHECK (come_back_at IS NULL OR (come_back_at >= decided_at AND reason IS NULL)),
    CHECK (moved_back IS NULL OR come_back_at IS NOT NULL),
    CHECK (original = '' OR direction = 3)
);

CREATE INDEX sim_order_decided ON rails.sim_order (bank, live, currency, decided_day);
CREATE INDEX sim_order_original ON rails.sim_order (bank, live, original) WHERE original <> '';

-- Orders with what we gave back of each, and what the bank moves back when that comes: as it was told to, or
-- all that was not given back.
CREATE VIEW rails.sim_moved WITH (security_invoker = true) AS
SELECT
    o.*,
    g.given,
    coalesce(o.moved_back, o.amount - g.given) AS back
FROM rails.sim_order AS o
CROSS JOIN LATERAL (
    SELECT coalesce(sum(g.amount), 0)::bigint AS given
    FROM rails.sim_order AS g
    WHERE g.bank = o.bank AND g.live = o.live AND g.original = o.reference AND g.original <> ''
        AND g.reason IS NULL
) AS g;

-- What a simulated bank will tell by itself, until it is acknowledged.
CREATE TABLE rails.sim_notice (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank      text COLLATE "C" NOT NULL,
    live      boolean NOT NULL,
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('decided', 'come_back', 'received')),
    reference text COLLATE "C" NOT NULL,
    told_at   bigint NOT NULL  -- not before this moment
);

CREATE INDEX sim_notice_told ON rails.sim_notice (bank, live, told_at);

-- What was transferred to us from outside, unasked.
CREATE TABLE rails.sim_receipt (
    bank      text COLLATE "C" NOT NULL,
    live      boolean NOT NULL,
    reference text COLLATE "C" NOT NULL,
    token     text COLLATE "C" NOT NULL,
    payer     text COLLATE "C" NOT NULL,
    remark    text COLLATE "C" NOT NULL,
    currency  smallint NOT NULL CHECK (currency > 0),
    amount    bigint NOT NULL CHECK (amount > 0),
    day       integer NOT NULL CHECK (day > 0),  -- YYYYMMDD
    PRIMARY KEY (bank, live, reference)
);

CREATE INDEX sim_receipt_day ON rails.sim_receipt (bank, live, currency, day);

-- What will go wrong with the orders to come: the oldest fault that fits is taken.
CREATE TABLE rails.sim_fault (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank                text COLLATE "C" NOT NULL,
    live                boolean NOT NULL,
    direction           smallint NOT NULL CHECK (direction IN (1, 2, 3)),
    orders              integer CHECK (orders > 0),  -- how many more it is for; NULL: for good
    per_10_000          integer NOT NULL CHECK (per_10_000 BETWEEN 0 AND 10000),
    lost                boolean NOT NULL,
    reason              text COLLATE "C",
    unanswered          integer NOT NULL CHECK (unanswered >= 0),
    decided_after_ns    bigint NOT NULL CHECK (decided_after_ns >= 0),
    notices             integer NOT NULL CHECK (notices >= 0),
    comes_back_after_ns bigint CHECK (comes_back_after_ns >= 0)
);

GRANT SELECT, INSERT, UPDATE, DELETE
ON rails.sim_card, rails.sim_order, rails.sim_notice, rails.sim_receipt, rails.sim_fault
TO millet_app;
GRANT SELECT ON rails.sim_moved TO millet_app;

-- identity: who asks. Keys, sessions, and what people know; of every secret only a hash is here.

CREATE SCHEMA identity;

GRANT USAGE ON SCHEMA identity TO millet_app;

-- Raised by whatever makes a credential worse, in the same transaction: what processes remember is void then.
CREATE TABLE identity.revision (
    alone  boolean PRIMARY KEY DEFAULT true CHECK (alone),
    number bigint NOT NULL
);

INSERT INTO identity.revision (number) VALUES (0);

GRANT SELECT, UPDATE ON identity.revision TO millet_app;

-- Keys of merchants.
CREATE TABLE identity.api_key (
    id           uuid PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- SHA-256
    merchant     uuid NOT NULL,
    live         boolean NOT NULL,  -- else of test mode
    kind         smallint NOT NULL CHECK (kind IN (1, 2, 3)),  -- secret, publishable, restricted
    name         text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 200),
    last4        text COLLATE "C" NOT NULL CHECK (octet_length(last4) = 4),
    scopes       text [] COLLATE "C" NOT NULL,
    rate_class   smallint NOT NULL CHECK (rate_class IN (1, 2, 3)),  -- standard, large, unlimited
    created_at   bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds since the epoch, as all moments here
    expires_at   bigint,
    revoked_at   bigint,
    last_used_at bigint,
    replaced_by  uuid REFERENCES identity.api_key (id),
    CHECK ((kind = 3) = (scopes <> '{}')),
    CHECK (replaced_by IS NULL OR expires_at IS NOT NULL)
);

CREATE INDEX api_key_merchant ON identity.api_key (merchant, id);

GRANT SELECT, INSERT ON identity.api_key TO millet_app;
GRANT UPDATE (expires_at, revoked_at, last_used_at, replaced_by) ON identity.api_key TO millet_app;

-- Customers and operators who are signed in, one row for each device.
CREATE TABLE identity.session (
    id           uuid PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- SHA-256
    kind         smallint NOT NULL CHECK (kind IN (4, 5, 7)),  -- customer, operator, device
    owner        uuid NOT NULL,
    live         boolean NOT NULL,  -- else of test mode
    device       text COLLATE "C" NOT NULL,
    rate_class   smallint NOT NULL CHECK (rate_class IN (1, 2, 3)),
    created_at   bigint NOT NULL CHECK (created_at > 0),
    expires_at   bigint NOT NULL,
    ended_at     bigint,
    last_used_at bigint
);

CREATE INDEX session_owner ON identity.session (owner, id) WHERE ended_at IS NULL;

GRANT SELECT, INSERT ON identity.session TO millet_app;
GRANT UPDATE (ended_at, last_used_at) ON identity.session TO millet_app;

-- Keys of tills and card terminals: each has at most one that is good.
CREATE TABLE identity.terminal_key (
    id               uuid PRIMARY KEY,
    hash             bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- SHA-256
    merchant         uuid NOT NULL,
    live             boolean NOT NULL,  -- else of test mode
    store            uuid NOT NULL,
    terminal         uuid NOT NULL,
    references_begin text COLLATE "C" NOT NULL,  -- with what the references begin that it makes
    rate_class       smallint NOT NULL CHECK (rate_class IN (1, 2, 3)),
    created_at       bigint NOT NULL CHECK (created_at > 0),
    revoked_at       bigint,
    last_used_at     bigint
);

CREATE UNIQUE INDEX terminal_key_good ON identity.terminal_key (terminal) WHERE revoked_at IS NULL;

GRANT SELECT, INSERT ON identity.terminal_key TO millet_app;
GRANT UPDATE (revoked_at, last_used_at) ON identity.terminal_key TO millet_app;

-- The code that was last sent to a phone, and how many were since the window began.
CREATE TABLE identity.one_time_code (
    phone        text COLLATE "C" NOT NULL,
    live         boolean NOT NULL,
    mac          bytea NOT NULL CHECK (octet_length(mac) = 32),  -- under the pepper
    expires_at   bigint NOT NULL,
    tries_left   smallint NOT NULL CHECK (tries_left >= 0),  -- 0 as well when it was used
    window_began bigint NOT NULL,
    sent         integer NOT NULL CHECK (sent > 0),
    PRIMARY KEY (phone, live)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.one_time_code TO millet_app;

-- Payment PINs of customers: argon2id over a MAC under the pepper.
CREATE TABLE identity.pin (
    customer uuid PRIMARY KEY,
    hash     text COLLATE "C" NOT NULL,
    set_at   bigint NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON identity.pin TO millet_app;

-- Wrong secrets in a row: PINs of a customer or cashier, passwords of a login, by its hash, whether or not it
-- exists, and codes that pair a terminal, by the hash of the address that tries them. Cards that were not the
-- customer's, in a row or not.
CREATE TABLE identity.attempt (
    -- PIN, password, pairing of a terminal, cashier, code of a television, bank card
    knowledge    smallint NOT NULL CHECK (knowledge IN (1, 2, 3, 4, 5, 6)),
    subject      uuid NOT NULL,
    failures     integer NOT NULL CHECK (failures >= 0),
    at           bigint NOT NULL,
    locked_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (knowledge, subject)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.attempt TO millet_app;

-- Televisions and boxes that ask to be somebody's: the code that one shows, and what it proves itself with.
CREATE TABLE identity.pairing (
    id         uuid PRIMARY KEY,
    code       bytea NOT NULL CHECK (octet_length(code) = 32),  -- under the pepper
    secret     bytea NOT NULL CHECK (octet_length(secret) = 32),  -- SHA-256
    kind       smallint NOT NULL,  -- of the device
    name       text COLLATE "C" NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    expires_at bigint NOT NULL
);

CREATE UNIQUE INDEX pairing_code ON identity.pairing (code);
CREATE INDEX pairing_expires_at ON identity.pairing (expires_at);

GRANT SELECT, INSERT, DELETE ON identity.pairing TO millet_app;
-- Whoever is given a credential keeps the others from it until the transaction ends.
GRANT UPDATE (expires_at) ON identity.pairing TO millet_app;

-- The operator's staff.
CREATE TABLE identity.operator (
    id           uuid PRIMARY KEY,
    login        text COLLATE "C" NOT NULL UNIQUE CHECK (login <> '' AND login = lower(login)),
    name         text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 200),
    password     text COLLATE "C" NOT NULL,  -- argon2id over a MAC under the pepper
    roles        text [] COLLATE "C" NOT NULL,
    created_at   bigint NOT NULL CHECK (created_at > 0),
    suspended_at bigint
);

GRANT SELECT, INSERT ON identity.operator TO millet_app;
GRANT UPDATE (password, roles, suspended_at) ON identity.operator TO millet_app;

-- limits: what was counted.

CREATE SCHEMA limits;

GRANT USAGE ON SCHEMA limits TO millet_app;

-- What a subject has used of a measure on a day. A month is the sum of its days, so that what is given back
-- to the day on which it was counted is given back to the month too.
CREATE TABLE limits.used (
    subject  uuid NOT NULL,  -- a customer, a person, an agreement
    measure  smallint NOT NULL CHECK (measure > 0),
    currency smallint NOT NULL CHECK (currency > 0),  -- ISO 4217 number
    day      integer NOT NULL CHECK (day BETWEEN 10101 AND 99991231),  -- YYYYMMDD
    count    integer NOT NULL CHECK (count >= 0),
    amount   bigint NOT NULL CHECK (amount >= 0),  -- minor units
    PRIMARY KEY (subject, measure, currency, day)
) WITH (fillfactor = 50);  -- room for the next count beside the last, so that no index is touched

GRANT SELECT, INSERT, UPDATE ON limits.used TO millet_app;

-- fees: what merchants pay us.

CREATE SCHEMA fees;

GRANT USAGE ON SCHEMA fees TO millet_app;

-- Contracts: never changed, only followed by one that begins later.
CREATE TABLE fees.contract (
    id             uuid PRIMARY KEY,
    merchant       uuid NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),  -- ISO 4217 number
    effective_from integer NOT NULL CHECK (effective_from BETWEEN 10101 AND 99991231),  -- YYYYMMDD
    basis_points   smallint NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    minimum        bigint NOT NULL CHECK (minimum >= 0),  -- minor units, as the cap
    cap            bigint CHECK (cap >= minimum),
    on_refund      smallint NOT NULL CHECK (on_refund IN (1, 2)),  -- the fee is given back, kept
    UNIQUE (merchant, currency, effective_from)
);

GRANT SELECT, INSERT ON fees.contract TO millet_app;

-- customers: the people who have a wallet.

CREATE SCHEMA customers;

GRANT USAGE ON SCHEMA customers TO millet_app;

CREATE TABLE customers.customer (
    id           uuid PRIMARY KEY,
    live         boolean NOT NULL,  -- else of test mode
    phone        text COLLATE "C" NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    name         text COLLATE "C" NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    verification smallint NOT NULL CHECK (verification IN (1, 2, 3)),  -- phone, basic, full
    person       uuid NOT NULL,  -- the same for all accounts of one human being
    status       smallint NOT NULL CHECK (status IN (1, 2, 3)),  -- active, frozen, closed
    created_at   bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds since the epoch
    version      integer NOT NULL CHECK (version > 0),  -- how many events it has had
    UNIQUE (phone, live)
);

CREATE INDEX customer_person ON customers.customer (person);

GRANT SELECT, INSERT ON customers.customer TO millet_app;
GRANT UPDATE (name, verification, person, status, version) ON customers.customer TO millet_app;

-- What customers pay with: phones that show codes, televisions and boxes that ask for payments.
CREATE TABLE customers.device (
    id         uuid PRIMARY KEY,
    customer   uuid NOT NULL,
    live       boolean NOT NULL,
    kind       smallint NOT NULL CHECK (kind IN (1, 2, 3)),  -- phone, television, box
    name       text COLLATE "C" NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    created_at bigint NOT NULL CHECK (created_at > 0),
    retired_at bigint NOT NULL DEFAULT 0 CHECK (retired_at >= 0),  -- 0 while it is in use
    version    integer NOT NULL CHECK (version > 0),  -- how many events it has had
    -- What may be bought on it; amounts in minor units, NULL for no bound of the device's own.
    each_max   bigint CHECK (each_max > 0),
    day_max    bigint CHECK (day_max > 0),
    currency   text COLLATE "C" NOT NULL DEFAULT 'CNY',
    categories integer [] NOT NULL DEFAULT '{}',  -- of merchants, ISO 18245; none for all
    from_hour  smallint NOT NULL DEFAULT 0 CHECK (from_hour BETWEEN 0 AND 23),
    to_hour    smallint NOT NULL DEFAULT 24 CHECK (to_hour BETWEEN 0 AND 24)
);

CREATE INDEX device_of_customer ON customers.device (customer, id);

GRANT SELECT, INSERT ON customers.device TO millet_app;
GRANT UPDATE (
    retired_at, version, each_max, day_max, currency, categories, from_hour, to_hour
) ON customers.device TO millet_app;

-- merchants: the businesses that take payments.

CREATE SCHEMA merchants;

GRANT USAGE ON SCHEMA merchants TO millet_app;

CREATE TABLE merchants.merchant (
    id         uuid PRIMARY KEY,
    live       boolean NOT NULL,  -- else of test mode
    name_en    text COLLATE "C" NOT NULL CHECK (name_en <> '' AND octet_length(name_en) <= 200),
    name_zh    text COLLATE "C" NOT NULL CHECK (name_zh <> '' AND octet_length(name_zh) <= 200),
    category   smallint NOT NULL CHECK (category BETWEEN 0 AND 9999),  -- ISO 18245
    status     smallint NOT NULL CHECK (status IN (1, 2, 3)),  -- active, suspended, closed
    created_at bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds since the epoch
    version    integer NOT NULL CHECK (version > 0),  -- how many events it has had
    country    text COLLATE "C" NOT NULL CHECK (country ~ '^[A-Z]{2}$'),  -- ISO 3166-1
    city_en    text COLLATE "C" NOT NULL CHECK (city_en <> '' AND octet_length(city_en) <= 200),
    city_zh    text COLLATE "C" NOT NULL CHECK (city_zh <> '' AND octet_length(city_zh) <= 200)
);

GRANT SELECT, INSERT ON merchants.merchant TO millet_app;
GRANT UPDATE (status, version) ON merchants.merchant TO millet_app;

-- Places where merchants sell.
CREATE TABLE merchants.store (
    id         uuid PRIMARY KEY,
    merchant   uuid NOT NULL REFERENCES merchants.merchant (id),
    name_en    text COLLATE "C" NOT NULL CHECK (name_en <> '' AND octet_length(name_en) <= 200),
    name_zh    text COLLATE "C" NOT NULL CHECK (name_zh <> '' AND octet_length(name_zh) <= 200),
    created_at bigint NOT NULL CHECK (created_at > 0),
    country    text COLLATE "C" NOT NULL CHECK (country ~ '^[A-Z]{2}$'),  -- ISO 3166-1
    city_en    text COLLATE "C" NOT NULL CHECK (city_en <> '' AND octet_length(city_en) <= 200),
    city_zh    text COLLATE "C" NOT NULL CHECK (city_zh <> '' AND octet_length(city_zh) <= 200)
);

CREATE INDEX store_merchant ON merchants.store (merchant, id);

GRANT SELECT, INSERT ON merchants.store TO millet_app;

-- Printed codes of stores, at which payers type the amount.
CREATE TABLE merchants.plate (
    id         uuid PRIMARY KEY,
    merchant   uuid NOT NULL REFERENCES merchants.merchant (id),
    live       boolean NOT NULL,
    store      uuid NOT NULL REFERENCES merchants.store (id),
    terminal   uuid,  -- the till that it stands at
    serial     integer NOT NULL CHECK (serial > 0),  -- printed on it
    created_at bigint NOT NULL CHECK (created_at > 0),
    revoked_at bigint NOT NULL DEFAULT 0 CHECK (revoked_at >= 0),  -- 0 while it can be paid
    UNIQUE (merchant, serial)
);

CREATE INDEX plate_of_merchant ON merchants.plate (merchant, live, id);

GRANT SELECT, INSERT ON merchants.plate TO millet_app;
GRANT UPDATE (revoked_at) ON merchants.plate TO millet_app;

-- treasury: the banks that we work with, and what the house has moved.

CREATE SCHEMA treasury;

GRANT USAGE ON SCHEMA treasury TO millet_app;

-- How we work with a bank in one currency. The three ids are owners of accounts in the book.
CREATE TABLE treasury.link (
    bank     text COLLATE "C" NOT NULL CHECK (bank <> ''),
    live     boolean NOT NULL,  -- else of test mode
    currency smallint NOT NULL CHECK (currency > 0),  -- ISO 4217 number
    clearing uuid NOT NULL,
    safe     uuid NOT NULL,
    own      uuid NOT NULL,
    PRIMARY KEY (bank, live, currency)
);

-- Money that the house has moved, once for each reference.
CREATE TABLE treasury.movement (
    bank      text COLLATE "C" NOT NULL,
    live      boolean NOT NULL,
    reference text COLLATE "C" NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 100),
    kind      smallint NOT NULL CHECK (kind IN (1, 2, 3)),  -- capital, prefunding, cash
    currency  smallint NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),  -- minor units
    booked_at bigint NOT NULL CHECK (booked_at > 0),  -- nanoseconds since the epoch
    PRIMARY KEY (bank, live, reference),
    FOREIGN KEY (bank, live, currency) REFERENCES treasury.link
);

GRANT SELECT, INSERT ON treasury.link, treasury.movement TO millet_app;

-- wallets: cards, and money on its way into wallets, out of them, and between them.

CREATE SCHEMA wallets;

GRANT USAGE ON SCHEMA wallets TO millet_app;

-- Bound cards. The bank's token and what may be shown; the number is kept nowhere.
CREATE TABLE wallets.card (
    id         uuid PRIMARY KEY,
    customer   uuid NOT NULL,
    live       boolean NOT NULL,  -- else of test mode
    bank       text COLLATE "C" NOT NULL,
    token      text COLLATE "C" NOT NULL CHECK (octet_length(token) BETWEEN 1 AND 100),
    masked     text COLLATE "C" NOT NULL CHECK (masked ~ '^[0-9]{6}\*+[0-9]{4}$'),
    bound_at   bigint NOT NULL CHECK (bound_at > 0),    -- nanoseconds since the epoch
    removed_at bigint NOT NULL CHECK (removed_at >= 0), -- 0: it is bound
    version    integer NOT NULL CHECK (version > 0),
    UNIQUE (customer, bank, token)
);

-- Money from cards into wallets. Its states and what may follow what: milletpay/wallets/model.py.
CREATE TABLE wallets.top_up (
    id             uuid PRIMARY KEY,
    customer       uuid NOT NULL,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    card           uuid NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    status         text COLLATE "C" NOT NULL,
    decline        text COLLATE "C",
    reason         text COLLATE "C",
    reference      text COLLATE "C" NOT NULL CHECK (octet_length(reference) <= 100),
    counted_on     integer NOT NULL CHECK (counted_on >= 0),  -- YYYYMMDD; 0: not counted
    bank_reference text COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    version        integer NOT NULL CHECK (version > 0),
    shortfall      bigint NOT NULL CHECK (shortfall BETWEEN 0 AND amount),
    CHECK (status IN ('created', 'sent', 'unknown', 'succeeded', 'failed', 'clawed_back')),
    CHECK ((status = 'failed') = (decline IS NOT NULL)),
    CHECK ((status IN ('created', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK (status IN ('created', 'failed') OR sent_at > 0),
    CHECK (status <> 'created' OR sent_at = 0),
    CHECK ((decline IS NOT DISTINCT FROM 'refused_by_bank') = (reason IS NOT NULL)),
    CHECK (shortfall = 0 OR status = 'clawed_back')
) WITH (fillfactor = 70);

CREATE INDEX top_up_customer ON wallets.top_up (customer, id);
CREATE UNIQUE INDEX top_up_reference ON wallets.top_up (customer, reference) WHERE reference <> '';

-- Money from wallets to cards.
CREATE TABLE wallets.withdrawal (
    id             uuid PRIMARY KEY,
    customer       uuid NOT NULL,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    card           uuid NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    status         text COLLATE "C" NOT NULL,
    decline        text COLLATE "C",
    reason         text COLLATE "C",
    reference      text COLLATE "C" NOT NULL CHECK (octet_length(reference) <= 100),
    counted_on     integer NOT NULL CHECK (counted_on >= 0),  -- YYYYMMDD; 0: not counted
    bank_reference text COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    version        integer NOT NULL CHECK (version > 0),
    fee            bigint NOT NULL CHECK (fee >= 0),
    CHECK (status IN ('reserved', 'sent', 'unknown', 'succeeded', 'failed', 'returned')),
    CHECK ((status = 'failed') = (decline IS NOT NULL)),
    CHECK ((status IN ('reserved', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK (status IN ('reserved', 'failed') OR sent_at > 0),
    CHECK (status <> 'reserved' OR sent_at = 0),
    CHECK ((decline IS NOT DISTINCT FROM 'refused_by_bank') = (reason IS NOT NULL))
) WITH (fillfactor = 70);

CREATE INDEX withdrawal_customer ON wallets.withdrawal (customer, id);
CREATE UNIQUE INDEX withdrawal_reference ON wallets.withdrawal (customer, reference) WHERE reference <> '';

-- Money from one customer to another: decided at once, never changed.
CREATE TABLE wallets.send (
    id         uuid PRIMARY KEY,
    customer   uuid NOT NULL,
    recipient  uuid NOT NULL CHECK (recipient <> customer),
    live       boolean NOT NULL,
    currency   smallint NOT NULL CHECK (currency > 0),
    amount     bigint NOT NULL CHECK (amount > 0),  -- minor units
    note       text COLLATE "C" NOT NULL CHECK (octet_length(note) <= 400),
    status     text COLLATE "C" NOT NULL CHECK (status IN ('succeeded', 'failed')),
    decline    text COLLATE "C",
    reference  text COLLATE "C" NOT NULL CHECK (octet_length(reference) <= 100),
    created_at bigint NOT NULL CHECK (created_at > 0),
    CHECK ((status = 'failed') = (decline IS NOT NULL))
);

CREATE INDEX send_customer ON wallets.send (customer, id);
CREATE INDEX send_recipient ON wallets.send (recipient, id) WHERE status = 'succeeded';
CREATE UNIQUE INDEX send_reference ON wallets.send (customer, reference) WHERE reference <> '';

GRANT SELECT, INSERT ON wallets.card, wallets.top_up, wallets.withdrawal, wallets.send TO millet_app;
GRANT UPDATE (bound_at, removed_at, version) ON wallets.card TO millet_app;
GRANT UPDATE (status, decline, reason, counted_on, bank_reference, sent_at, decided_at, version, shortfall)
ON wallets.top_up TO millet_app;
GRANT UPDATE (status, decline, reason, counted_on, bank_reference, sent_at, decided_at, version)
ON wallets.withdrawal TO millet_app;

-- What a customer writes as the remark of a transfer: ten digits, one customer's for ever.
CREATE TABLE wallets.deposit_number (
    number   bigint PRIMARY KEY CHECK (number BETWEEN 1000000000 AND 9999999999),
    customer uuid NOT NULL UNIQUE
);

-- Money that was transferred to us, unasked.
CREATE TABLE wallets.receipt (
    id             uuid PRIMARY KEY,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    bank_reference text COLLATE "C" NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    token          text COLLATE "C" NOT NULL,  -- from which account, in the bank's own words
    payer          text COLLATE "C" NOT NULL,  -- what may be shown of whose it is
    remark         text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'credited', 'unclaimed', 'returning', 'returned'
    )),
    customer       uuid,
    unclaimed      text COLLATE "C" CHECK (
        unclaimed IN ('names_nobody', 'customer_not_active', 'exceeds_limit')
    ),
    received_at    bigint NOT NULL CHECK (received_at > 0),
    claimed_at     bigint NOT NULL CHECK (claimed_at >= 0),  -- 0: it never waited, or still does
    version        integer NOT NULL CHECK (version > 0),
    UNIQUE (bank, live, bank_reference),
    CHECK ((status = 'credited') = (customer IS NOT NULL)),
    CHECK ((claimed_at > 0) = (status = 'credited' AND unclaimed IS NOT NULL))
);

CREATE INDEX receipt_in_suspense ON wallets.receipt (id) WHERE status IN ('unclaimed', 'returning');
CREATE INDEX receipt_of_customer ON wallets.receipt (customer, id) WHERE customer IS NOT NULL;

-- Tries to send receipts back to where they came from.
CREATE TABLE wallets.receipt_return (
    id             uuid PRIMARY KEY,
    receipt        uuid NOT NULL,
    why            text COLLATE "C" NOT NULL CHECK (why <> ''),  -- in the words of who decided it
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'created', 'sent', 'unknown', 'succeeded', 'failed', 'came_back'
    )),
    reason         text COLLATE "C",
    bank_reference text COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    CHECK ((status = 'created') = (sent_at = 0)),
    CHECK ((status IN ('created', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK ((status = 'failed') = (reason IS NOT NULL))
);

CREATE INDEX return_of_receipt ON wallets.receipt_return (receipt);
-- At most one is on its way, or there.
CREATE UNIQUE INDEX return_that_goes ON wallets.receipt_return (receipt)
WHERE status NOT IN ('failed', 'came_back');

GRANT SELECT, INSERT ON wallets.receipt_return TO millet_app;
GRANT UPDATE (status, reason, bank_reference, sent_at, decided_at) ON wallets.receipt_return TO millet_app;
GRANT SELECT, INSERT ON wallets.deposit_number, wallets.receipt TO millet_app;
GRANT UPDATE (status, customer, claimed_at, version) ON wallets.receipt TO millet_app;

-- funding: which source pays, and what is drawn from cards and given back to them.

CREATE SCHEMA funding;

GRANT USAGE ON SCHEMA funding TO millet_app;

-- In which order a customer wants to pay from what. Who has chosen none has no row.
CREATE TABLE funding.preference (
    customer   uuid PRIMARY KEY,
    sources    text COLLATE "C" NOT NULL CHECK (sources <> ''),  -- 'balance' and ids of cards, by spaces
    changed_at bigint NOT NULL CHECK (changed_at > 0)  -- nanoseconds since the epoch
);

-- What payments draw from cards. States and what may follow what: milletpay/funding/model.py.
CREATE TABLE funding.draw (
    id             uuid PRIMARY KEY,
    payment        uuid NOT NULL,
    attempt        integer NOT NULL CHECK (attempt >= 0),  -- 0: the payment was made with its payer
    customer       uuid NOT NULL,
    card           uuid NOT NULL,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'created', 'sent', 'unknown', 'succeeded', 'unwanted', 'failed', 'dropped', 'returned'
    )),
    reason         text COLLATE "C",
    bank_reference text COLLATE "C" NOT NULL,
    given_back     bigint NOT NULL CHECK (given_back BETWEEN 0 AND amount),
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    let_go_at      bigint NOT NULL CHECK (let_go_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    taken_back     bigint NOT NULL CHECK (taken_back >= 0),  -- by the bank, days later
    claimed        bigint NOT NULL CHECK (claimed BETWEEN 0 AND taken_back),  -- of that, what it may not have
    shortfall      bigint NOT NULL CHECK (shortfall >= 0),  -- of the rest, what its customer owes us
    taken_back_at  bigint NOT NULL CHECK (taken_back_at >= 0),
    CHECK (taken_back - claimed <= amount AND shortfall <= taken_back - claimed),
    CHECK ((taken_back = 0) = (taken_back_at = 0)),
    CHECK (taken_back = 0 OR status IN ('succeeded', 'unwanted', 'returned')),
    CHECK (status <> 'returned' OR (taken_back >= amount AND shortfall = 0)),
    CHECK ((status IN ('created', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK ((status IN ('created', 'dropped')) = (sent_at = 0)),
    CHECK (given_back = 0 OR status IN ('succeeded', 'unwanted')),
    CHECK (status <> 'unwanted' OR given_back = amount),
    CHECK (reason IS NULL OR status = 'failed')
) WITH (fillfactor = 70);

CREATE INDEX draw_of_payment ON funding.draw (payment);
-- At most one of them is the payment's.
CREATE UNIQUE INDEX draw_that_took ON funding.draw (payment) WHERE status = 'succeeded';

-- What goes back to cards.
CREATE TABLE funding.give_back (
    id             uuid PRIMARY KEY,
    draw           uuid NOT NULL,
    payment        uuid NOT NULL,
    refund         uuid,  -- NULL: the payment was reversed, or had ended before it was drawn
    customer       uuid NOT NULL,
    card           uuid NOT NULL,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'created', 'sent', 'unknown', 'succeeded', 'failed'
    )),
    reason         text COLLATE "C",
    bank_reference text COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    CHECK ((status IN ('created', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK (CASE status WHEN 'created' THEN sent_at = 0 WHEN 'failed' THEN true ELSE sent_at > 0 END),
    CHECK ((status = 'failed') = (reason IS NOT NULL))
) WITH (fillfactor = 70);

CREATE INDEX give_back_of_draw ON funding.give_back (draw);

GRANT SELECT, INSERT, UPDATE ON funding.preference TO millet_app;
GRANT SELECT, INSERT ON funding.draw, funding.give_back TO millet_app;
GRANT UPDATE (
    status, reason, bank_reference, given_back, sent_at, let_go_at, decided_at, taken_back, claimed,
    shortfall, taken_back_at
) ON funding.draw TO millet_app;
GRANT UPDATE (status, reason, bank_reference, sent_at, decided_at) ON funding.give_back TO millet_app;

-- payments: what customers pay merchants: payments, refunds, reversals, agreements.

CREATE SCHEMA payments;

GRANT USAGE ON SCHEMA payments TO millet_app;

-- A customer's standing permission for a merchant to charge without asking each time.
CREATE TABLE payments.agreement (
    id            uuid PRIMARY KEY,
    merchant      uuid NOT NULL,
    live          boolean NOT NULL,
    customer      uuid,  -- NULL until it is signed
    status        text COLLATE "C" NOT NULL CHECK (status IN ('pending_signature', 'active', 'canceled')),
    currency      text COLLATE "C" NOT NULL,
    charge_limit  bigint NOT NULL CHECK (charge_limit > 0),  -- minor units, of one charge
    day_limit     bigint NOT NULL CHECK (day_limit > 0),  -- minor units, of one accounting day
    month_limit   bigint NOT NULL CHECK (month_limit > 0),  -- minor units, of one calendar month
    day_charges   integer NOT NULL CHECK (day_charges > 0),  -- how many charges a day
    notice_days   integer NOT NULL DEFAULT 0 CHECK (notice_days >= 0),  -- announced so long before
    reference     text COLLATE "C" NOT NULL,
    key_hash      uuid,
    body_hash     uuid NOT NULL,
    description   text COLLATE "C" NOT NULL,
    sources       text COLLATE "C" NOT NULL CHECK (sources <> ''),  -- 'balance' and ids of cards, by spaces
    created_at    bigint NOT NULL,
    signed_at     bigint NOT NULL,  -- nanoseconds; 0: not yet
    canceled_at   bigint NOT NULL,
    events        integer NOT NULL,
    CHECK (status <> 'active' OR customer IS NOT NULL)
);

CREATE UNIQUE INDEX agreement_key ON payments.agreement (key_hash) WHERE key_hash IS NOT NULL;
CREATE UNIQUE INDEX agreement_reference ON payments.agreement (merchant, live, reference);
CREATE INDEX agreement_of_customer ON payments.agreement (customer, id) WHERE customer IS NOT NULL;

-- Charges that a customer was told of, days ahead.
CREATE TABLE payments.announcement (
    id           uuid PRIMARY KEY,
    agreement    uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),  -- minor units; at most so much
    charge_on    integer NOT NULL,  -- YYYYMMDD; not before
    announced_at bigint NOT NULL,  -- nanoseconds
    payment      uuid,  -- the charge that used it
    withdrawn_at bigint NOT NULL DEFAULT 0,  -- nanoseconds; 0 as long as it stands
    CHECK (payment IS NULL OR withdrawn_at = 0)
);

CREATE INDEX announcement_of_agreement ON payments.announcement (agreement, charge_on);
-- One charge uses at most one.
CREATE UNIQUE INDEX announcement_used ON payments.announcement (payment) WHERE payment IS NOT NULL;

-- What a merchant asks for and a customer pays. Amounts are in minor units of the currency.
CREATE TABLE payments.payment (
    id             uuid PRIMARY KEY,
    merchant       uuid NOT NULL,
    customer       uuid,
    agreement      uuid,
    store          uuid,  -- where it was sold
    terminal       uuid,  -- at which till or card terminal
    device         uuid,  -- which device of the customer asked for it, or showed its code
    plate          uuid,  -- the code plate that was scanned
    person         uuid,  -- whose limit of static codes it counts towards
    presented      text COLLATE "C" CHECK (presented IN ('unasked', 'asked')),  -- by a payment code
    key_hash       uuid,  -- 16 bytes of the idempotency key in its scope
    body_hash      uuid NOT NULL,  -- 16 bytes of the request's body
    created_at     bigint NOT NULL,  -- nanoseconds
    expires_at     bigint NOT NULL,  -- nanoseconds, until when it can be paid; 0: for ever
    due_at         bigint NOT NULL,  -- nanoseconds, when time ends it; 0: never
    amount         bigint NOT NULL CHECK (amount > 0),
    authorized     bigint NOT NULL CHECK (authorized BETWEEN 0 AND amount),
    captured       bigint NOT NULL CHECK (captured BETWEEN 0 AND amount),
    refunded       bigint NOT NULL CHECK (refunded BETWEEN 0 AND captured),
    taken_back     bigint NOT NULL DEFAULT 0 CHECK (taken_back BETWEEN 0 AND captured),  -- by the card's bank
    fee            bigint NOT NULL CHECK (fee >= 0),  -- taken, less given back
    contract       uuid NOT NULL,  -- the fee contract that was quoted
    quote          bigint NOT NULL CHECK (quote >= 0),  -- the fee on the whole amount, frozen
    fee_on_refund  smallint NOT NULL,  -- given back, or kept
    counted_on     integer NOT NULL,  -- YYYYMMDD on which it counts towards limits; 0: it does not
    events         integer NOT NULL,  -- how many it has had
    attempts       integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),  -- tries to pay it, in payments.attempt
    live           boolean NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'awaiting_payment', 'processing', 'authorized', 'succeeded', 'canceled', 'expired', 'failed',
        'reversed'
    )),
    first_status   text COLLATE "C" NOT NULL,  -- with which the request that made it was answered
    capture_method text COLLATE "C" NOT NULL CHECK (capture_method IN ('automatic', 'manual')),
    decline        text COLLATE "C",
    reference      text COLLATE "C" NOT NULL,
    description    text COLLATE "C" NOT NULL,
    return_url     text COLLATE "C" NOT NULL,
    metadata       text COLLATE "C" NOT NULL,  -- JSON, as it was given
    flags          text COLLATE "C" NOT NULL DEFAULT '',  -- what is unusual about it, with spaces between
    card           text COLLATE "C"  -- 'bank 0011' that pays or is asked; NULL: the balance
);

-- The merchant's reference names one payment.
CREATE UNIQUE INDEX payment_reference ON payments.payment (merchant, live, reference);
CREATE UNIQUE INDEX payment_key ON payments.payment (key_hash) WHERE key_hash IS NOT NULL;
-- What time will end.
CREATE INDEX payment_due_at ON payments.payment (due_at) WHERE due_at > 0;
-- What was paid at a plate, and by whom, the newest first: few of all payments.
CREATE INDEX payment_of_plate ON payments.payment (plate, id) WHERE plate IS NOT NULL;
CREATE INDEX payment_of_scanner ON payments.payment (customer, id) WHERE plate IS NOT NULL;
-- A merchant's payments, the newest first.
CREATE INDEX payment_of_merchant ON payments.payment (merchant, live, id);

-- What was sold in a store, at its plates too.
CREATE INDEX payment_of_store ON payments.payment (store, id) WHERE store IS NOT NULL;

-- What a device asked for, or showed its code for.
CREATE INDEX payment_of_device ON payments.payment (device, id) WHERE device IS NOT NULL;

-- What codes were shown for.
CREATE INDEX payment_presented ON payments.payment (customer, id) WHERE presented IS NOT NULL;

-- Tries to pay a payment that awaits its payer; one that was made with its payer has itself as its only one.
CREATE TABLE payments.attempt (
    payment  uuid NOT NULL,
    number   integer NOT NULL CHECK (number > 0),
    customer uuid NOT NULL,
    decline  text COLLATE "C",
    at       bigint NOT NULL,
    outcome  text COLLATE "C" NOT NULL CHECK (outcome IN (
        'pending', 'took_the_money', 'declined', 'let_go', 'given_back'
    )),
    card     text COLLATE "C",  -- 'bank 0011' that was asked; NULL: the balance
    PRIMARY KEY (payment, number),
    CHECK ((outcome = 'declined') = (decline IS NOT NULL))
);

-- At most one of them takes money.
CREATE UNIQUE INDEX attempt_that_took ON payments.attempt (payment) WHERE outcome = 'took_the_money';

-- Money given back: at once to a balance, and with the bank's word to a card.
CREATE TABLE payments.refund (
    id          uuid PRIMARY KEY,
    payment     uuid NOT NULL,
    merchant    uuid NOT NULL,
    live        boolean NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    fee_back    bigint NOT NULL CHECK (fee_back >= 0),
    currency    text COLLATE "C" NOT NULL,
    key_hash    uuid,
    body_hash   uuid NOT NULL,
    reference   text COLLATE "C" NOT NULL,
    reason      text COLLATE "C" NOT NULL,
    created_at  bigint NOT NULL,
    status      text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'succeeded')),
    destination text COLLATE "C" NOT NULL CHECK (destination IN ('balance', 'card')),
    events      integer NOT NULL DEFAULT 0 CHECK (events >= 0),
    CHECK (status = 'succeeded' OR destination = 'card')
);

CREATE UNIQUE INDEX refund_reference ON payments.refund (merchant, live, reference);
CREATE UNIQUE INDEX refund_key ON payments.refund (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX refund_of_payment ON payments.refund (payment, id);

-- A reversal that came before its payment: the late payment is declined.
CREATE TABLE payments.mark (
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,
    reference  text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (merchant, live, reference)
);

-- Phones that show payment codes. Their keys are made of the house's secret, and kept nowhere.
CREATE TABLE payments.presenter (
    number      integer PRIMARY KEY CHECK (number BETWEEN 1 AND 24999999),  -- stands, encrypted, in its codes
    device      uuid NOT NULL UNIQUE,
    customer    uuid NOT NULL,
    live        boolean NOT NULL,
    version     integer NOT NULL CHECK (version > 0),  -- each enrolment has another key
    enrolled_at bigint NOT NULL  -- nanoseconds
);

-- Payment codes that were used; the step first, so that the old ones go from one end of the index.
CREATE TABLE payments.code_use (
    step    bigint NOT NULL,  -- thirty seconds since 1970
    number  integer NOT NULL,
    lane    smallint NOT NULL CHECK (lane BETWEEN 0 AND 3),
    payment uuid NOT NULL,
    PRIMARY KEY (step, number, lane)
);

-- Wrong payment codes: counted where they were scanned, for the merchant, and for an alias guessed at.
CREATE TABLE payments.guesses (
    subject      uuid PRIMARY KEY,
    since        bigint NOT NULL,  -- nanoseconds, when the minute began; of an alias: when it ends
    wrong        integer NOT NULL CHECK (wrong >= 0),
    owed_until   bigint NOT NULL,  -- nanoseconds; each guess is owed for some minutes
    closings     integer NOT NULL CHECK (closings >= 0),
    closed_until bigint NOT NULL  -- nanoseconds; no code is looked at before
);

-- What customers have set lower than the house: how much is paid by code without asking them.
CREATE TABLE payments.code_rule (
    customer   uuid PRIMARY KEY,
    each_limit bigint NOT NULL CHECK (each_limit >= 0),  -- minor units
    per_day    integer NOT NULL CHECK (per_day >= 0)
);

GRANT SELECT, INSERT, UPDATE ON payments.agreement, payments.announcement, payments.payment TO millet_app;
GRANT SELECT, INSERT ON payments.attempt, payments.refund, payments.mark TO millet_app;
GRANT SELECT, INSERT, UPDATE ON payments.presenter, payments.code_rule TO millet_app;
GRANT SELECT, INSERT, DELETE ON payments.code_use TO millet_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON payments.guesses TO millet_app;
GRANT UPDATE (outcome, decline) ON payments.attempt TO millet_app;
GRANT UPDATE (status, destination, events) ON payments.refund TO millet_app;

-- terminals: the tills and card terminals in merchants' stores.

CREATE SCHEMA terminals;

GRANT USAGE ON SCHEMA terminals TO millet_app;

CREATE TABLE terminals.terminal (
    id              uuid PRIMARY KEY,
    merchant        uuid NOT NULL,
    live            boolean NOT NULL,  -- else of test mode
    store           uuid NOT NULL,
    kind            smallint NOT NULL CHECK (kind IN (1, 2)),  -- till, card terminal
    name            text COLLATE "C" NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    number          integer NOT NULL CHECK (number > 0),  -- in its store, printed on receipts
    house_number    integer NOT NULL UNIQUE CHECK (house_number BETWEEN 1 AND 99999999),
    merchant_number integer NOT NULL CHECK (merchant_number > 0),
    refund_max      bigint NOT NULL CHECK (refund_max >= 0),  -- minor units, of one refund
    created_at      bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds since the epoch, as all moments
    retired_at      bigint NOT NULL CHECK (retired_at >= 0),  -- 0 while it is in use
    pairings        integer NOT NULL CHECK (pairings >= 0),
    paired_at       bigint NOT NULL CHECK (paired_at >= 0),
    pairing_mac     bytea NOT NULL CHECK (octet_length(pairing_mac) IN (0, 32)),  -- of the code that waits
    pairing_until   bigint NOT NULL,
    UNIQUE (store, number),
    CHECK (retired_at = 0 OR pairing_mac = '')
);

CREATE INDEX terminal_of_merchant ON terminals.terminal (merchant, live, id);
CREATE UNIQUE INDEX terminal_pairing ON terminals.terminal (pairing_mac) WHERE pairing_mac <> '';

GRANT SELECT, INSERT ON terminals.terminal TO millet_app;
GRANT UPDATE (refund_max, retired_at, pairings, paired_at, pairing_mac, pairing_until)
    ON terminals.terminal TO millet_app;

-- Who works at the tills of a store. Their PINs are in identity.pin.
CREATE TABLE terminals.cashier (
    id         uuid PRIMARY KEY,
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,  -- else of test mode
    store      uuid NOT NULL,
    number     text COLLATE "C" NOT NULL CHECK (number <> '' AND octet_length(number) <= 12),
    name       text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 200),
    created_at bigint NOT NULL CHECK (created_at > 0),
    retired_at bigint NOT NULL CHECK (retired_at >= 0)  -- 0 while the cashier may sign in
);

CREATE UNIQUE INDEX cashier_number ON terminals.cashier (store, number) WHERE retired_at = 0;
CREATE INDEX cashier_of_merchant ON terminals.cashier (merchant, live, id);

-- The time of one cashier at one till.
CREATE TABLE terminals.shift (
    terminal      uuid NOT NULL,
    number        integer NOT NULL CHECK (number > 0),  -- without a gap
    cashier       uuid NOT NULL,
    opened_at     bigint NOT NULL CHECK (opened_at > 0),
    opening_float bigint NOT NULL CHECK (opening_float >= 0),  -- minor units of cash
    after_receipt integer NOT NULL CHECK (after_receipt >= 0),  -- the last one before it
    closed_at     bigint NOT NULL CHECK (closed_at >= 0),  -- 0 while it goes on
    last_receipt  integer NOT NULL CHECK (last_receipt >= 0),
    counted_cash  bigint NOT NULL CHECK (counted_cash >= 0),
    PRIMARY KEY (terminal, number),
    CHECK (closed_at = 0 OR last_receipt >= after_receipt)
);

-- One goes on at a terminal at most.
CREATE UNIQUE INDEX shift_open ON terminals.shift (terminal) WHERE closed_at = 0;

-- What moved at terminals, numbered without a gap.
CREATE TABLE terminals.receipt (
    terminal  uuid NOT NULL,
    number    integer NOT NULL CHECK (number > 0),
    at        bigint NOT NULL CHECK (at > 0),
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('sale', 'refund', 'reversal')),
    tender    text COLLATE "C" NOT NULL CHECK (
        tender IN ('payment_code', 'merchant_code', 'plate', 'agreement', 'card', 'cash')
    ),
    amount    bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency  text COLLATE "C" NOT NULL,
    payment   uuid,
    refund    uuid,
    reference text COLLATE "C" NOT NULL,  -- the till's own, of cash
    prints    integer NOT NULL DEFAULT 0 CHECK (prints >= 0),
    PRIMARY KEY (terminal, number),
    CHECK ((tender = 'cash') = (payment IS NULL)),
    CHECK (refund IS NULL OR kind = 'refund')
);

CREATE UNIQUE INDEX receipt_of_cash ON terminals.receipt (terminal, reference) WHERE tender = 'cash';
CREATE INDEX receipt_of_sale ON terminals.receipt (terminal, number) WHERE kind = 'sale';

GRANT SELECT, INSERT ON terminals.cashier, terminals.shift, terminals.receipt TO millet_app;
GRANT UPDATE (retired_at) ON terminals.cashier TO millet_app;
GRANT UPDATE (closed_at, last_receipt, counted_cash) ON terminals.shift TO millet_app;
GRANT UPDATE (prints) ON terminals.receipt TO millet_app;

-- Where terminals are in their work with messages: their session keys' numbers and their open batches.
CREATE TABLE terminals.station (
    terminal      integer PRIMARY KEY CHECK (terminal BETWEEN 1 AND 99999999),  -- its house number
    pairing       integer NOT NULL,  -- that the keys belong to
    key           bigint NOT NULL CHECK (key > 0),  -- number of the last session key
    key_before    bigint NOT NULL,  -- of the one that is good until the last is used; 0: none
    key_at        bigint NOT NULL,  -- nanoseconds, when the last was given; 0 after sign-off
    key_before_at bigint NOT NULL,  -- when the one before was given; each is good for a day
    batch         integer NOT NULL CHECK (batch BETWEEN 1 AND 999999)  -- the open one
);

-- Messages of terminals that were decided: what each batch is made of, and what repeats are answered.
CREATE TABLE terminals.entry (
    terminal  integer NOT NULL,
    batch     integer NOT NULL CHECK (batch BETWEEN 1 AND 999999),
    stan      integer NOT NULL CHECK (stan BETWEEN 1 AND 999999),
    -- purchase, hold, void, completion, refund, mark of a reversal that came first
    kind      smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
    state     smallint NOT NULL CHECK (state BETWEEN 1 AND 4),  -- stands, completed, voided, reversed
    code      text COLLATE "C" NOT NULL,  -- the response
    amount    bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency  text COLLATE "C" NOT NULL,
    asked     uuid NOT NULL,  -- 16 bytes of the hash of what was asked for
    payment   uuid,
    refunded  bigint NOT NULL CHECK (refunded BETWEEN 0 AND amount),  -- what terminals gave back of it
    at        bigint NOT NULL,  -- nanoseconds
    turned_at bigint NOT NULL,  -- when it was undone; 0: it was not
    PRIMARY KEY (terminal, batch, stan)
);

-- Batches that were closed. What was taken and given back, by the book and by the terminal.
CREATE TABLE terminals.closed_batch (
    terminal              integer NOT NULL,
    batch                 integer NOT NULL,
    currency              text COLLATE "C" NOT NULL,
    closed_at             bigint NOT NULL,
    debits                bigint NOT NULL CHECK (debits >= 0),
    debit_count           integer NOT NULL CHECK (debit_count >= 0),
    credits               bigint NOT NULL CHECK (credits >= 0),
    credit_count          integer NOT NULL CHECK (credit_count >= 0),
    terminal_debits       bigint NOT NULL,
    terminal_debit_count  integer NOT NULL,
    terminal_credits      bigint NOT NULL,
    terminal_credit_count integer NOT NULL,
    differences           integer NOT NULL CHECK (differences >= 0),  -- entries that only one side has
    PRIMARY KEY (terminal, batch)
);

-- What terminals said that they had, where totals differed.
CREATE TABLE terminals.uploaded (
    terminal  integer NOT NULL,
    batch     integer NOT NULL,
    stan      integer NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),
    currency  text COLLATE "C" NOT NULL,
    is_credit boolean NOT NULL,  -- given back, not taken
    finding   text COLLATE "C" NOT NULL,  -- the response
    PRIMARY KEY (terminal, batch, stan)
);

GRANT SELECT, INSERT, UPDATE ON terminals.station, terminals.entry, terminals.uploaded TO millet_app;
GRANT SELECT, INSERT ON terminals.closed_batch TO millet_app;

-- What merchants let their tills take without a network, at their own risk; without one: nothing.
CREATE TABLE terminals.offline_policy (
    merchant     uuid NOT NULL,
    live         boolean NOT NULL,  -- else of test mode
    effective_at bigint NOT NULL CHECK (effective_at > 0),
    each_max     bigint NOT NULL CHECK (each_max >= 0),  -- minor units; 0: nothing is taken
    total_max    bigint NOT NULL CHECK (total_max >= 0),  -- minor units, of a terminal within 24 hours
    count_max    integer NOT NULL CHECK (count_max >= 0),
    PRIMARY KEY (merchant, live, effective_at)
);

-- What tills took without a network: each number of a pairing is decided once.
CREATE TABLE terminals.offline_sale (
    terminal    uuid NOT NULL,
    pairing     integer NOT NULL CHECK (pairing > 0),
    sequence    integer NOT NULL CHECK (sequence > 0),
    taken_at    bigint NOT NULL,  -- by the till's clock
    amount      bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency    text COLLATE "C" NOT NULL,
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),  -- SHA-256 of what was sealed
    reason      text COLLATE "C" CHECK (reason IN (
        'not_allowed', 'in_the_future', 'too_late', 'before_pairing', 'exceeds_each', 'exceeds_total',
        'exceeds_count', 'payment_declined'
    )),  -- NULL for one that was accepted
    payment     uuid,
    after_gap   boolean NOT NULL,  -- numbers before it had not come
    uploaded_at bigint NOT NULL CHECK (uploaded_at > 0),
    PRIMARY KEY (terminal, pairing, sequence),
    CHECK (reason IS NOT NULL OR payment IS NOT NULL)
);

CREATE INDEX offline_sale_accepted ON terminals.offline_sale (terminal, taken_at) WHERE reason IS NULL;

GRANT SELECT, INSERT ON terminals.offline_policy, terminals.offline_sale TO millet_app;

-- entitlements: what merchants offer, and who may use what was bought.

CREATE SCHEMA entitlements;

GRANT USAGE ON SCHEMA entitlements TO millet_app;

-- Things that merchants sell for use. Their terms never change.
CREATE TABLE entitlements.offer (
    id         uuid PRIMARY KEY,
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,
    content    text COLLATE "C" NOT NULL CHECK (content <> '' AND octet_length(content) <= 200),
    name_en    text COLLATE "C" NOT NULL CHECK (name_en <> '' AND octet_length(name_en) <= 400),
    name_zh    text COLLATE "C" NOT NULL CHECK (name_zh <> '' AND octet_length(name_zh) <= 400),
    amount     bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency   text COLLATE "C" NOT NULL,
    days       integer CHECK (days > 0),  -- NULL for ever
    created_at bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds
    retired_at bigint NOT NULL DEFAULT 0 CHECK (retired_at >= 0)  -- 0 while it is sold
);

CREATE INDEX offer_of_merchant ON entitlements.offer (merchant, live, id);

GRANT SELECT, INSERT ON entitlements.offer TO millet_app;
GRANT UPDATE (retired_at) ON entitlements.offer TO millet_app;

-- What payments have bought.
CREATE TABLE entitlements.entitlement (
    id         uuid PRIMARY KEY,
    payment    uuid NOT NULL UNIQUE,
    offer      uuid NOT NULL,
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,
    customer   uuid NOT NULL,
    device     uuid,  -- on which it was bought
    content    text COLLATE "C" NOT NULL,
    granted_at bigint NOT NULL CHECK (granted_at > 0),  -- nanoseconds
    ends_at    bigint NOT NULL CHECK (ends_at >= 0),  -- 0 for never
    revoked_at bigint NOT NULL DEFAULT 0 CHECK (revoked_at >= 0)  -- 0 while it stands
);

CREATE INDEX entitlement_of_customer ON entitlements.entitlement (customer, id);

GRANT SELECT, INSERT ON entitlements.entitlement TO millet_app;
GRANT UPDATE (revoked_at) ON entitlements.entitlement TO millet_app;

-- subscriptions: offers that are charged every month.

CREATE SCHEMA subscriptions;

GRANT USAGE ON SCHEMA subscriptions TO millet_app;

CREATE TABLE subscriptions.subscription (
    id           uuid PRIMARY KEY,
    merchant     uuid NOT NULL,
    live         boolean NOT NULL,
    customer     uuid NOT NULL,
    agreement    uuid NOT NULL,
    offer        uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency     text COLLATE "C" NOT NULL,
    notice_days  integer NOT NULL CHECK (notice_days >= 0),
    first_on     integer NOT NULL,  -- YYYYMMDD
    status       text COLLATE "C" NOT NULL CHECK (status IN ('active', 'canceled', 'lapsed')),
    period       integer NOT NULL CHECK (period >= 0),  -- which month is charged next
    charge_on    integer NOT NULL,  -- YYYYMMDD
    is_announced boolean NOT NULL,
    tries        integer NOT NULL CHECK (tries >= 0),
    due_on       integer NOT NULL,  -- YYYYMMDD, when there is something to do
    look_at      bigint NOT NULL CHECK (look_at >= 0),  -- nanoseconds, 0: no charge is under way
    events       integer NOT NULL CHECK (events > 0)
);

CREATE INDEX subscription_due ON subscriptions.subscription (due_on) WHERE status = 'active';
CREATE INDEX subscription_of_customer ON subscriptions.subscription (customer, id);
CREATE INDEX subscription_of_merchant ON subscriptions.subscription (merchant, live, id);

GRANT SELECT, INSERT ON subscriptions.subscription TO millet_app;
GRANT UPDATE (
    status, period, charge_on, is_announced, tries, due_on, look_at, events
) ON subscriptions.subscription TO millet_app;

-- notifications: what merchants are told, where, and how it went. Moments are nanoseconds since the epoch.

CREATE SCHEMA notifications;

GRANT USAGE ON SCHEMA notifications TO millet_app;

-- URLs of merchants that are told of events. Whoever changes what is on its way to one locks its row.
CREATE TABLE notifications.endpoint (
    id               uuid PRIMARY KEY,
    merchant         uuid NOT NULL,
    live             boolean NOT NULL,  -- else of test mode
    url              text COLLATE "C" NOT NULL CHECK (octet_length(url) <= 2000),
    kinds            text[] COLLATE "C" NOT NULL,  -- empty: all
    version          text COLLATE "C" NOT NULL,
    description      text COLLATE "C" NOT NULL,
    status           text COLLATE "C" NOT NULL CHECK (status IN ('enabled', 'disabled', 'deleted')),
    disabled_because text COLLATE "C" CHECK (status = 'disabled' OR disabled_because IS NULL),
    created_at       bigint NOT NULL CHECK (created_at > 0),
    failures         integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    down_since       bigint,
    probe            uuid,  -- the event by which it is tried while it is down
    CHECK ((down_since IS NULL) = (probe IS NULL))
);

CREATE INDEX endpoint_of_merchant ON notifications.endpoint (merchant, live, id) WHERE status <> 'deleted';

GRANT SELECT, INSERT, UPDATE ON notifications.endpoint TO millet_app;

-- What messages are signed with, closed under the secret of the house and about the row's id; several during
-- a rotation.
CREATE TABLE notifications.secret (
    id         uuid PRIMARY KEY,
    endpoint   uuid NOT NULL REFERENCES notifications.endpoint (id),
    closed     bytea NOT NULL CHECK (octet_length(closed) BETWEEN 52 AND 92),
    created_at bigint NOT NULL,
    expires_at bigint  -- NULL for the newest
);

CREATE UNIQUE INDEX secret_newest ON notifications.secret (endpoint) WHERE expires_at IS NULL;
CREATE INDEX secret_of_endpoint ON notifications.secret (endpoint, id);

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.secret TO millet_app;

-- Events as merchants see them. The id follows from the event, and sorts by time.
CREATE TABLE notifications.event (
    id       uuid PRIMARY KEY,
    merchant uuid NOT NULL,
    live     boolean NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    object   uuid NOT NULL,
    sequence bigint NOT NULL,
    at       bigint NOT NULL CHECK (at > 0),
    payload  bytea  -- rendered when it is first wanted, and never again
);

CREATE INDEX event_of_merchant ON notifications.event (merchant, live, id);

GRANT SELECT, INSERT, DELETE ON notifications.event TO millet_app;
GRANT UPDATE (payload) ON notifications.event TO millet_app;

-- Events on their way to endpoints: of each object one at a time, in order.
CREATE TABLE notifications.delivery (
    event     uuid NOT NULL REFERENCES notifications.event (id) ON DELETE CASCADE,
    endpoint  uuid NOT NULL REFERENCES notifications.endpoint (id),
    object    uuid NOT NULL,
    sequence  bigint NOT NULL,
    state     text COLLATE "C" NOT NULL DEFAULT 'queued',
    attempts  integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    job       uuid,  -- the only one that may carry it
    queued_at bigint NOT NULL,
    tried_at  bigint,
    PRIMARY KEY (event, endpoint),
    CHECK (state IN ('queued', 'due', 'delivered', 'failed', 'canceled')),
    CHECK ((state = 'due') = (job IS NOT NULL))
);

CREATE INDEX delivery_open ON notifications.delivery (endpoint, object, sequence)
WHERE state IN ('queued', 'due');
CREATE UNIQUE INDEX delivery_due ON notifications.delivery (endpoint, object) WHERE state = 'due';

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.delivery TO millet_app;

-- Each call of an endpoint. One without an end is under way, or its process died.
CREATE TABLE notifications.attempt (
    id         uuid PRIMARY KEY,
    event      uuid NOT NULL,
    endpoint   uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    started_at bigint NOT NULL,
    duration   bigint,  -- nanoseconds
    status     integer,
    failure    text COLLATE "C",
    snippet    text COLLATE "C" NOT NULL DEFAULT '',
    FOREIGN KEY (event, endpoint) REFERENCES notifications.delivery (event, endpoint) ON DELETE CASCADE,
    CHECK ((duration IS NULL) = (status IS NULL AND failure IS NULL))
);

CREATE INDEX attempt_of_endpoint ON notifications.attempt (endpoint, id);
CREATE INDEX attempt_of_delivery ON notifications.attempt (event, endpoint);

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.attempt TO millet_app;
