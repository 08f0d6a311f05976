-- notifications: what merchants are told, where, and how it went. Moments are nanoseconds since the epoch.

CREATE SCHEMA notifications;

GRANT USAGE ON SCHEMA notifications TO millet_app;

-- URLs of merchants that are told of events. Whoever changes what is on its way to one locks its row.
CREATE TABLE notifications.endpoint (
    id               uuid PRIMARY KEY,
    merchant         uuid NOT NULL,
    live             boolean NOT NULL,  -- else of test mode
    url              text COLLATE "C" NOT NULL CHECK (octet_length(url) <= 2000),
    kinds            text[] COLLATE "C" NOT NULL,  -- empty: all
    version          text COLLATE "C" NOT NULL,
    description      text COLLATE "C" NOT NULL,
    status           text COLLATE "C" NOT NULL CHECK (status IN ('enabled', 'disabled', 'deleted')),
    disabled_because text COLLATE "C" CHECK (status = 'disabled' OR disabled_because IS NULL),
    created_at       bigint NOT NULL CHECK (created_at > 0),
    failures         integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    down_since       bigint,
    probe            uuid,  -- the event by which it is tried while it is down
    CHECK ((down_since IS NULL) = (probe IS NULL))
);

CREATE INDEX endpoint_of_merchant ON notifications.endpoint (merchant, live, id) WHERE status <> 'deleted';

GRANT SELECT, INSERT, UPDATE ON notifications.endpoint TO millet_app;

-- What messages are signed with, closed under the secret of the house and about the row's id; several during
-- a rotation.
CREATE TABLE notifications.secret (
    id         uuid PRIMARY KEY,
    endpoint   uuid NOT NULL REFERENCES notifications.endpoint (id),
    closed     bytea NOT NULL CHECK (octet_length(closed) BETWEEN 52 AND 92),
    created_at bigint NOT NULL,
    expires_at bigint  -- NULL for the newest
);

CREATE UNIQUE INDEX secret_newest ON notifications.secret (endpoint) WHERE expires_at IS NULL;
CREATE INDEX secret_of_endpoint ON notifications.secret (endpoint, id);

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.secret TO millet_app;

-- Events as merchants see them. The id follows from the event, and sorts by time.
CREATE TABLE notifications.event (
    id       uuid PRIMARY KEY,
    merchant uuid NOT NULL,
    live     boolean NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    object   uuid NOT NULL,
    sequence bigint NOT NULL,
    at       bigint NOT NULL CHECK (at > 0),
    payload  bytea  -- rendered when it is first wanted, and never again
);

CREATE INDEX event_of_merchant ON notifications.event (merchant, live, id);

GRANT SELECT, INSERT, DELETE ON notifications.event TO millet_app;
GRANT UPDATE (payload) ON notifications.event TO millet_app;

-- Events on their way to endpoints: of each object one at a time, in order.
CREATE TABLE notifications.delivery (
    event     uuid NOT NULL REFERENCES notifications.event (id) ON DELETE CASCADE,
    endpoint  uuid NOT NULL REFERENCES notifications.endpoint (id),
    object    uuid NOT NULL,
    sequence  bigint NOT NULL,
    state     text COLLATE "C" NOT NULL DEFAULT 'queued',
    attempts  integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    job       uuid,  -- the only one that may carry it
    queued_at bigint NOT NULL,
    tried_at  bigint,
    PRIMARY KEY (event, endpoint),
    CHECK (state IN ('queued', 'due', 'delivered', 'failed', 'canceled')),
    CHECK ((state = 'due') = (job IS NOT NULL))
);

CREATE INDEX delivery_open ON notifications.delivery (endpoint, object, sequence)
WHERE state IN ('queued', 'due');
CREATE UNIQUE INDEX delivery_due ON notifications.delivery (endpoint, object) WHERE state = 'due';

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.delivery TO millet_app;

-- Each call of an endpoint. One without an end is under way, or its process died.
CREATE TABLE notifications.attempt (
    id         uuid PRIMARY KEY,
    event      uuid NOT NULL,
    endpoint   uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    started_at bigint NOT NULL,
    duration   bigint,  -- nanoseconds
    status     integer,
    failure    text COLLATE "C",
    snippet    text COLLATE "C" NOT NULL DEFAULT '',
    FOREIGN KEY (event, endpoint) REFERENCES notifications.delivery (event, endpoint) ON DELETE CASCADE,
    CHECK ((duration IS NULL) = (status IS NULL AND failure IS NULL))
);

CREATE INDEX attempt_of_endpoint ON notifications.attempt (endpoint, id);
CREATE INDEX attempt_of_delivery ON notifications.attempt (event, endpoint);

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.attempt TO millet_app;
