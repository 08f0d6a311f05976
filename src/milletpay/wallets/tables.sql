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
