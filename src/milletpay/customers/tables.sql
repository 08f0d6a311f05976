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
    retired_at bigint NOT NULL DEFAULT 0 CHECK (retired_at >= 0)  -- 0 while it is in use
);

CREATE INDEX device_of_customer ON customers.device (customer, id);

GRANT SELECT, INSERT ON customers.device TO millet_app;
GRANT UPDATE (retired_at) ON customers.device TO millet_app;
