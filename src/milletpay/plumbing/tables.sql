-- plumbing: what every package builds on. Roles: the owner migrates, millet_app runs everything else.

CREATE SCHEMA plumbing;

GRANT USAGE ON SCHEMA plumbing TO millet_app;

-- Numbered migrations that this database holds. A fresh install holds them all without having run them.
CREATE TABLE plumbing.migration (
    number     integer PRIMARY KEY CHECK (number > 0),
    name       text COLLATE "C" NOT NULL,
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    applied_at timestamptz NOT NULL DEFAULT statement_timestamp()
);

GRANT SELECT ON plumbing.migration TO millet_app;

-- Generated passwords. For the owner alone: whoever has the owner's URL finds the application's login here.
CREATE TABLE plumbing.secret (
    name  text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- The last batch of each desk: written with each COMMIT, looked up when a COMMIT was not answered.
CREATE TABLE plumbing.desk (
    id    uuid PRIMARY KEY,
    batch bigint NOT NULL CHECK (batch > 0),
    at    bigint NOT NULL CHECK (at > 0)  -- nanoseconds since the epoch
);

GRANT SELECT, INSERT, UPDATE, DELETE ON plumbing.desk TO millet_app;

-- News of what happened, written with it. Positions rise in the order of COMMIT: writers hold the book lock.
CREATE TABLE plumbing.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text COLLATE "C" NOT NULL CHECK (kind <> ''),
    object   uuid NOT NULL,
    sequence bigint NOT NULL,
    at       bigint NOT NULL CHECK (at > 0),  -- nanoseconds since the epoch
    note     text COLLATE "C" NOT NULL CHECK (octet_length(note) <= 1000)
);

GRANT SELECT, INSERT, DELETE ON plumbing.outbox TO millet_app;

-- Who reads the outbox, and how far it has come. A consumer that cannot go on says why.
CREATE TABLE plumbing.outbox_consumer (
    name      text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
    position  bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    failures  integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failure   text COLLATE "C",
    failed_at bigint,
    CHECK ((failures > 0) = (failure IS NOT NULL AND failed_at IS NOT NULL))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON plumbing.outbox_consumer TO millet_app;

-- Work to be done later. `argument` is small: an id, or a few words that the kind understands.
-- A job waits for its moment or a worker; is running while its outside call is under way, under a lease;
-- is done, and kept for a while so that its key is not taken again; or is dead when all attempts failed,
-- until a person requeues it.
CREATE TABLE plumbing.job (
    id          uuid PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL CHECK (kind <> ''),
    key         text COLLATE "C",  -- a second job of the same kind and key is not taken
    argument    text COLLATE "C" NOT NULL,
    state       text COLLATE "C" NOT NULL DEFAULT 'waiting',
    run_at      bigint NOT NULL,   -- nanoseconds since the epoch, as all moments here
    attempts    integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    lease       uuid,              -- who calls outside now, and until when it may
    lease_until bigint,
    failure     text COLLATE "C",  -- what the last attempt ran into
    created_at  bigint NOT NULL,
    finished_at bigint,
    UNIQUE (kind, key),
    CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    CHECK ((state = 'running') = (lease IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'dead' OR failure IS NOT NULL)
);

CREATE INDEX job_waiting ON plumbing.job (run_at, id) WHERE state = 'waiting';
CREATE INDEX job_running ON plumbing.job (lease_until) WHERE state = 'running';
CREATE INDEX job_finished ON plumbing.job (finished_at) WHERE state IN ('done', 'dead');

GRANT SELECT, INSERT, UPDATE, DELETE ON plumbing.job TO millet_app;

-- Each schedule fires once for each business date; the row is the proof.
CREATE TABLE plumbing.schedule_fire (
    schedule text COLLATE "C" NOT NULL CHECK (schedule <> ''),
    day      integer NOT NULL CHECK (day BETWEEN 10101 AND 99991231),  -- YYYYMMDD
    at       bigint NOT NULL CHECK (at > 0),
    PRIMARY KEY (schedule, day)
);

GRANT SELECT, INSERT ON plumbing.schedule_fire TO millet_app;

-- Answers kept under idempotency keys, written with the effect that they tell of. Never changed or deleted.
CREATE TABLE plumbing.answer (
    key    uuid PRIMARY KEY,  -- hash of who asked what under which key
    asked  uuid NOT NULL,     -- hash of the body
    status smallint NOT NULL CHECK (status BETWEEN 200 AND 499),
    body   bytea NOT NULL,
    at     bigint NOT NULL CHECK (at > 0)  -- nanoseconds since the epoch
);

GRANT SELECT, INSERT ON plumbing.answer TO millet_app;
