-- funding: which source pays, and what is drawn from cards and given back to them.

CREATE SCHEMA funding;

GRANT USAGE ON SCHEMA funding TO millet_app;

-- In which order a customer wants to pay from what. Who has chosen none has no row.
CREATE TABLE funding.preference (
    customer   uuid PRIMARY KEY,
    sources    text COLLATE "C" NOT NULL CHECK (sources <> ''),  -- 'balance' and ids of cards, by spaces
    changed_at bigint NOT NULL CHECK (changed_at > 0)  -- nanoseconds since the epoch
);

-- What payments draw from cards. States and what may follow what: milletpay/funding/model.py.
CREATE TABLE funding.draw (
    id             uuid PRIMARY KEY,
    payment        uuid NOT NULL,
    attempt        integer NOT NULL CHECK (attempt >= 0),  -- 0: the payment was made with its payer
    customer       uuid NOT NULL,
    card           uuid NOT NULL,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'created', 'sent', 'unknown', 'succeeded', 'unwanted', 'failed', 'dropped', 'returned'
    )),
    reason         text COLLATE "C",
    bank_reference text COLLATE "C" NOT NULL,
    given_back     bigint NOT NULL CHECK (given_back BETWEEN 0 AND amount),
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    let_go_at      bigint NOT NULL CHECK (let_go_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    taken_back     bigint NOT NULL CHECK (taken_back >= 0),  -- by the bank, days later
    claimed        bigint NOT NULL CHECK (claimed BETWEEN 0 AND taken_back),  -- of that, what it may not have
    shortfall      bigint NOT NULL CHECK (shortfall >= 0),  -- of the rest, what its customer owes us
    taken_back_at  bigint NOT NULL CHECK (taken_back_at >= 0),
    CHECK (taken_back - claimed <= amount AND shortfall <= taken_back - claimed),
    CHECK ((taken_back = 0) = (taken_back_at = 0)),
    CHECK (taken_back = 0 OR status IN ('succeeded', 'unwanted', 'returned')),
    CHECK (status <> 'returned' OR (taken_back >= amount AND shortfall = 0)),
    CHECK ((status IN ('created', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK ((status IN ('created', 'dropped')) = (sent_at = 0)),
    CHECK (given_back = 0 OR status IN ('succeeded', 'unwanted')),
    CHECK (status <> 'unwanted' OR given_back = amount),
    CHECK (reason IS NULL OR status = 'failed')
) WITH (fillfactor = 70);

CREATE INDEX draw_of_payment ON funding.draw (payment);
-- At most one of them is the payment's.
CREATE UNIQUE INDEX draw_that_took ON funding.draw (payment) WHERE status = 'succeeded';

-- What goes back to cards.
CREATE TABLE funding.give_back (
    id             uuid PRIMARY KEY,
    draw           uuid NOT NULL,
    payment        uuid NOT NULL,
    refund         uuid,  -- NULL: the payment was reversed, or had ended before it was drawn
    customer       uuid NOT NULL,
    card           uuid NOT NULL,
    live           boolean NOT NULL,
    bank           text COLLATE "C" NOT NULL,
    currency       smallint NOT NULL CHECK (currency > 0),
    amount         bigint NOT NULL CHECK (amount > 0),  -- minor units
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'created', 'sent', 'unknown', 'succeeded', 'failed'
    )),
    reason         text COLLATE "C",
    bank_reference text COLLATE "C" NOT NULL,
    created_at     bigint NOT NULL CHECK (created_at > 0),
    sent_at        bigint NOT NULL CHECK (sent_at >= 0),
    decided_at     bigint NOT NULL CHECK (decided_at >= 0),
    CHECK ((status IN ('created', 'sent', 'unknown')) = (decided_at = 0)),
    CHECK (CASE status WHEN 'created' THEN sent_at = 0 WHEN 'failed' THEN true ELSE sent_at > 0 END),
    CHECK ((status = 'failed') = (reason IS NOT NULL))
) WITH (fillfactor = 70);

CREATE INDEX give_back_of_draw ON funding.give_back (draw);

GRANT SELECT, INSERT, UPDATE ON funding.preference TO millet_app;
GRANT SELECT, INSERT ON funding.draw, funding.give_back TO millet_app;
GRANT UPDATE (
    status, reason, bank_reference, given_back, sent_at, let_go_at, decided_at, taken_back, claimed,
    shortfall, taken_back_at
) ON funding.draw TO millet_app;
GRANT UPDATE (status, reason, bank_reference, sent_at, decided_at) ON funding.give_back TO millet_app;
