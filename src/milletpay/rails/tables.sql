-- rails: the simulated banks. Their books, not ours: nothing else reads them, and they forget nothing.

CREATE SCHEMA rails;

GRANT USAGE ON SCHEMA rails TO millet_app;

-- Cards that a simulated bank has issued. It knows a number when it sees it, but does not keep it.
CREATE TABLE rails.sim_card (
    bank     text COLLATE "C" NOT NULL,
    live     boolean NOT NULL,  -- else of test mode
    token    text COLLATE "C" NOT NULL,
    masked   text COLLATE "C" NOT NULL,
    balance  bigint NOT NULL,  -- minor units of the currency that is asked for
    PRIMARY KEY (bank, live, token)
);

-- Orders that reached a simulated bank, and what is going to become of each.
CREATE TABLE rails.sim_order (
    bank         text COLLATE "C" NOT NULL,
    live         boolean NOT NULL,
    reference    text COLLATE "C" NOT NULL CHECK (octet_length(reference) BETWEEN 1 AND 32),
    direction    smallint NOT NULL CHECK (direction IN (1, 2, 3)),  -- collects, pays, gives back
    token        text COLLATE "C" NOT NULL,
    currency     smallint NOT NULL CHECK (currency > 0),
    amount       bigint NOT NULL CHECK (amount > 0),
    original     text COLLATE "C" NOT NULL,  -- of which order it gives back; '': of none that it names
    reason       text COLLATE "C",  -- why it is refused, if it is
    unanswered   integer NOT NULL CHECK (unanswered >= 0),  -- so many more calls about it get no answer
    decided_at   bigint NOT NULL CHECK (decided_at > 0),    -- nanoseconds since the epoch; may lie ahead
    decided_day  integer NOT NULL CHECK (decided_day > 0),  -- YYYYMMDD
    come_back_at  bigint,
    come_back_day integer,
    moved_back    bigint CHECK (moved_back > 0),  -- so much comes back; NULL: what was not given back of it
    PRIMARY KEY (bank, live, reference),
    CHECK ((come_back_at IS NULL) = (come_back_day IS NULL)),
    CHECK (come_back_at IS NULL OR (come_back_at >= decided_at AND reason IS NULL)),
    CHECK (moved_back IS NULL OR come_back_at IS NOT NULL),
    CHECK (original = '' OR direction = 3)
);

CREATE INDEX sim_order_decided ON rails.sim_order (bank, live, currency, decided_day);
CREATE INDEX sim_order_original ON rails.sim_order (bank, live, original) WHERE original <> '';

-- Orders with what we gave back of each, and what the bank moves back when that comes: as it was told to, or
-- all that was not given back.
CREATE VIEW rails.sim_moved WITH (security_invoker = true) AS
SELECT
    o.*,
    g.given,
    coalesce(o.moved_back, o.amount - g.given) AS back
FROM rails.sim_order AS o
CROSS JOIN LATERAL (
    SELECT coalesce(sum(g.amount), 0)::bigint AS given
    FROM rails.sim_order AS g
    WHERE g.bank = o.bank AND g.live = o.live AND g.original = o.reference AND g.original <> ''
        AND g.reason IS NULL
) AS g;

-- What a simulated bank will tell by itself, until it is acknowledged.
CREATE TABLE rails.sim_notice (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank      text COLLATE "C" NOT NULL,
    live      boolean NOT NULL,
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('decided', 'come_back', 'received')),
    reference text COLLATE "C" NOT NULL,
    told_at   bigint NOT NULL  -- not before this moment
);

CREATE INDEX sim_notice_told ON rails.sim_notice (bank, live, told_at);

-- What was transferred to us from outside, unasked.
CREATE TABLE rails.sim_receipt (
    bank      text COLLATE "C" NOT NULL,
    live      boolean NOT NULL,
    reference text COLLATE "C" NOT NULL,
    token     text COLLATE "C" NOT NULL,
    payer     text COLLATE "C" NOT NULL,
    remark    text COLLATE "C" NOT NULL,
    currency  smallint NOT NULL CHECK (currency > 0),
    amount    bigint NOT NULL CHECK (amount > 0),
    day       integer NOT NULL CHECK (day > 0),  -- YYYYMMDD
    PRIMARY KEY (bank, live, reference)
);

CREATE INDEX sim_receipt_day ON rails.sim_receipt (bank, live, currency, day);

-- What will go wrong with the orders to come: the oldest fault that fits is taken.
CREATE TABLE rails.sim_fault (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bank                text COLLATE "C" NOT NULL,
    live                boolean NOT NULL,
    direction           smallint NOT NULL CHECK (direction IN (1, 2, 3)),
    orders              integer CHECK (orders > 0),  -- how many more it is for; NULL: for good
    per_10_000          integer NOT NULL CHECK (per_10_000 BETWEEN 0 AND 10000),
    lost                boolean NOT NULL,
    reason              text COLLATE "C",
    unanswered          integer NOT NULL CHECK (unanswered >= 0),
    decided_after_ns    bigint NOT NULL CHECK (decided_after_ns >= 0),
    notices             integer NOT NULL CHECK (notices >= 0),
    comes_back_after_ns bigint CHECK (comes_back_after_ns >= 0)
);

GRANT SELECT, INSERT, UPDATE, DELETE
ON rails.sim_card, rails.sim_order, rails.sim_notice, rails.sim_receipt, rails.sim_fault
TO millet_app;
GRANT SELECT ON rails.sim_moved TO millet_app;
