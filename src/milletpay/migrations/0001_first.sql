-- The schema of the first release: the packages' tables.sql, in layer order.

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
