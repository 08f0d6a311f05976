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
