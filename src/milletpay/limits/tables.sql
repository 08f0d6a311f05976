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
