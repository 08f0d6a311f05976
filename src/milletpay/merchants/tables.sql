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
    version    integer NOT NULL CHECK (version > 0)  -- how many events it has had
);

GRANT SELECT, INSERT ON merchants.merchant TO millet_app;
GRANT UPDATE (status, version) ON merchants.merchant TO millet_app;

-- Places where merchants sell.
CREATE TABLE merchants.store (
    id         uuid PRIMARY KEY,
    merchant   uuid NOT NULL REFERENCES merchants.merchant (id),
    name_en    text COLLATE "C" NOT NULL CHECK (name_en <> '' AND octet_length(name_en) <= 200),
    name_zh    text COLLATE "C" NOT NULL CHECK (name_zh <> '' AND octet_length(name_zh) <= 200),
    created_at bigint NOT NULL CHECK (created_at > 0)
);

CREATE INDEX store_merchant ON merchants.store (merchant, id);

GRANT SELECT, INSERT ON merchants.store TO millet_app;
