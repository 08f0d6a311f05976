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
