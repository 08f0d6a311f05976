-- subscriptions: offers that are charged every month.

CREATE SCHEMA subscriptions;

GRANT USAGE ON SCHEMA subscriptions TO millet_app;

CREATE TABLE subscriptions.subscription (
    id           uuid PRIMARY KEY,
    merchant     uuid NOT NULL,
    live         boolean NOT NULL,
    customer     uuid NOT NULL,
    agreement    uuid NOT NULL,
    offer        uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency     text COLLATE "C" NOT NULL,
    notice_days  integer NOT NULL CHECK (notice_days >= 0),
    first_on     integer NOT NULL,  -- YYYYMMDD
    status       text COLLATE "C" NOT NULL CHECK (status IN ('active', 'canceled', 'lapsed')),
    period       integer NOT NULL CHECK (period >= 0),  -- which month is charged next
    charge_on    integer NOT NULL,  -- YYYYMMDD
    is_announced boolean NOT NULL,
    tries        integer NOT NULL CHECK (tries >= 0),
    due_on       integer NOT NULL,  -- YYYYMMDD, when there is something to do
    look_at      bigint NOT NULL CHECK (look_at >= 0),  -- nanoseconds, 0: no charge is under way
    events       integer NOT NULL CHECK (events > 0)
);

CREATE INDEX subscription_due ON subscriptions.subscription (due_on) WHERE status = 'active';
CREATE INDEX subscription_of_customer ON subscriptions.subscription (customer, id);
CREATE INDEX subscription_of_merchant ON subscriptions.subscription (merchant, live, id);

GRANT SELECT, INSERT ON subscriptions.subscription TO millet_app;
GRANT UPDATE (
    status, period, charge_on, is_announced, tries, due_on, look_at, events
) ON subscriptions.subscription TO millet_app;
