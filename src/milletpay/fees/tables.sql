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
