-- identity: who asks. Keys, sessions, and what people know; of every secret only a hash is here.

CREATE SCHEMA identity;

GRANT USAGE ON SCHEMA identity TO millet_app;

-- Raised by whatever makes a credential worse, in the same transaction: what processes remember is void then.
CREATE TABLE identity.revision (
    alone  boolean PRIMARY KEY DEFAULT true CHECK (alone),
    number bigint NOT NULL
);

INSERT INTO identity.revision (number) VALUES (0);

GRANT SELECT, UPDATE ON identity.revision TO millet_app;

-- Keys of merchants.
CREATE TABLE identity.api_key (
    id           uuid PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- SHA-256
    merchant     uuid NOT NULL,
    live         boolean NOT NULL,  -- else of test mode
    kind         smallint NOT NULL CHECK (kind IN (1, 2, 3)),  -- secret, publishable, restricted
    name         text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 200),
    last4        text COLLATE "C" NOT NULL CHECK (octet_length(last4) = 4),
    scopes       text [] COLLATE "C" NOT NULL,
    rate_class   smallint NOT NULL CHECK (rate_class IN (1, 2, 3)),  -- standard, large, unlimited
    created_at   bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds since the epoch, as all moments here
    expires_at   bigint,
    revoked_at   bigint,
    last_used_at bigint,
    replaced_by  uuid REFERENCES identity.api_key (id),
    CHECK ((kind = 3) = (scopes <> '{}')),
    CHECK (replaced_by IS NULL OR expires_at IS NOT NULL)
);

CREATE INDEX api_key_merchant ON identity.api_key (merchant, id);

GRANT SELECT, INSERT ON identity.api_key TO millet_app;
GRANT UPDATE (expires_at, revoked_at, last_used_at, replaced_by) ON identity.api_key TO millet_app;

-- Customers and operators who are signed in, one row for each device.
CREATE TABLE identity.session (
    id           uuid PRIMARY KEY,
    hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- SHA-256
    kind         smallint NOT NULL CHECK (kind IN (4, 5, 7)),  -- customer, operator, device
    owner        uuid NOT NULL,
    live         boolean NOT NULL,  -- else of test mode
    device       text COLLATE "C" NOT NULL,
    rate_class   smallint NOT NULL CHECK (rate_class IN (1, 2, 3)),
    created_at   bigint NOT NULL CHECK (created_at > 0),
    expires_at   bigint NOT NULL,
    ended_at     bigint,
    last_used_at bigint
);

CREATE INDEX session_owner ON identity.session (owner, id) WHERE ended_at IS NULL;

GRANT SELECT, INSERT ON identity.session TO millet_app;
GRANT UPDATE (ended_at, last_used_at) ON identity.session TO millet_app;

-- Keys of tills and card terminals: each has at most one that is good.
CREATE TABLE identity.terminal_key (
    id               uuid PRIMARY KEY,
    hash             bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- SHA-256
    merchant         uuid NOT NULL,
    live             boolean NOT NULL,  -- else of test mode
    store            uuid NOT NULL,
    terminal         uuid NOT NULL,
    references_begin text COLLATE "C" NOT NULL,  -- with what the references begin that it makes
    rate_class       smallint NOT NULL CHECK (rate_class IN (1, 2, 3)),
    created_at       bigint NOT NULL CHECK (created_at > 0),
    revoked_at       bigint,
    last_used_at     bigint
);

CREATE UNIQUE INDEX terminal_key_good ON identity.terminal_key (terminal) WHERE revoked_at IS NULL;

GRANT SELECT, INSERT ON identity.terminal_key TO millet_app;
GRANT UPDATE (revoked_at, last_used_at) ON identity.terminal_key TO millet_app;

-- The code that was last sent to a phone, and how many were since the window began.
CREATE TABLE identity.one_time_code (
    phone        text COLLATE "C" NOT NULL,
    live         boolean NOT NULL,
    mac          bytea NOT NULL CHECK (octet_length(mac) = 32),  -- under the pepper
    expires_at   bigint NOT NULL,
    tries_left   smallint NOT NULL CHECK (tries_left >= 0),  -- 0 as well when it was used
    window_began bigint NOT NULL,
    sent         integer NOT NULL CHECK (sent > 0),
    PRIMARY KEY (phone, live)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.one_time_code TO millet_app;

-- Payment PINs of customers: argon2id over a MAC under the pepper.
CREATE TABLE identity.pin (
    customer uuid PRIMARY KEY,
    hash     text COLLATE "C" NOT NULL,
    set_at   bigint NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON identity.pin TO millet_app;

-- Wrong secrets in a row: PINs of a customer or cashier, passwords of a login, by its hash, whether or not it
-- exists, and codes that pair a terminal, by the hash of the address that tries them. Cards that were not the
-- customer's, in a row or not.
CREATE TABLE identity.attempt (
    -- PIN, password, pairing of a terminal, cashier, code of a television, bank card
    knowledge    smallint NOT NULL CHECK (knowledge IN (1, 2, 3, 4, 5, 6)),
    subject      uuid NOT NULL,
    failures     integer NOT NULL CHECK (failures >= 0),
    at           bigint NOT NULL,
    locked_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (knowledge, subject)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.attempt TO millet_app;

-- Televisions and boxes that ask to be somebody's: the code that one shows, and what it proves itself with.
CREATE TABLE identity.pairing (
    id         uuid PRIMARY KEY,
    code       bytea NOT NULL CHECK (octet_length(code) = 32),  -- under the pepper
    secret     bytea NOT NULL CHECK (octet_length(secret) = 32),  -- SHA-256
    kind       smallint NOT NULL,  -- of the device
    name       text COLLATE "C" NOT NULL CHECK (name <> '' AND octet_length(name) <= 200),
    expires_at bigint NOT NULL
);

CREATE UNIQUE INDEX pairing_code ON identity.pairing (code);
CREATE INDEX pairing_expires_at ON identity.pairing (expires_at);

GRANT SELECT, INSERT, DELETE ON identity.pairing TO millet_app;
-- Whoever is given a credential keeps the others from it until the transaction ends.
GRANT UPDATE (expires_at) ON identity.pairing TO millet_app;

-- The operator's staff.
CREATE TABLE identity.operator (
    id           uuid PRIMARY KEY,
    login        text COLLATE "C" NOT NULL UNIQUE CHECK (login <> '' AND login = lower(login)),
    name         text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 200),
    password     text COLLATE "C" NOT NULL,  -- argon2id over a MAC under the pepper
    roles        text [] COLLATE "C" NOT NULL,
    created_at   bigint NOT NULL CHECK (created_at > 0),
    suspended_at bigint
);

GRANT SELECT, INSERT ON identity.operator TO millet_app;
GRANT UPDATE (password, roles, suspended_at) ON identity.operator TO millet_app;
