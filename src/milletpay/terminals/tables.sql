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
