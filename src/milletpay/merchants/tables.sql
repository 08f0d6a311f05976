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
