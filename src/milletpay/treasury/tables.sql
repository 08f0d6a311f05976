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
