-- entitlements: what merchants offer, and who may use what was bought.

CREATE SCHEMA entitlements;

GRANT USAGE ON SCHEMA entitlements TO millet_app;

-- Things that merchants sell for use. Their terms never change.
CREATE TABLE entitlements.offer (
    id         uuid PRIMARY KEY,
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,
    content    text COLLATE "C" NOT NULL CHECK (content <> '' AND octet_length(content) <= 200),
    name_en    text COLLATE "C" NOT NULL CHECK (name_en <> '' AND octet_length(name_en) <= 400),
    name_zh    text COLLATE "C" NOT NULL CHECK (name_zh <> '' AND octet_length(name_zh) <= 400),
    amount     bigint NOT NULL CHECK (amount > 0),  -- minor units
    currency   text COLLATE "C" NOT NULL,
    days       integer CHECK (days > 0),  -- NULL for ever
    created_at bigint NOT NULL CHECK (created_at > 0),  -- nanoseconds
    retired_at bigint NOT NULL DEFAULT 0 CHECK (retired_at >= 0)  -- 0 while it is sold
);

CREATE INDEX offer_of_merchant ON entitlements.offer (merchant, live, id);

GRANT SELECT, INSERT ON entitlements.offer TO millet_app;
GRANT UPDATE (retired_at) ON entitlements.offer TO millet_app;

-- What payments have bought.
CREATE TABLE entitlements.entitlement (
    id         uuid PRIMARY KEY,
    payment    uuid NOT NULL UNIQUE,
    offer      uuid NOT NULL,
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,
    customer   uuid NOT NULL,
    device     uuid,  -- on which it was bought
    content    text COLLATE "C" NOT NULL,
    granted_at bigint NOT NULL CHECK (granted_at > 0),  -- nanoseconds
    ends_at    bigint NOT NULL CHECK (ends_at >= 0),  -- 0 for never
    revoked_at bigint NOT NULL DEFAULT 0 CHECK (revoked_at >= 0)  -- 0 while it stands
);

CREATE INDEX entitlement_of_customer ON entitlements.entitlement (customer, id);

GRANT SELECT, INSERT ON entitlements.entitlement TO millet_app;
GRANT UPDATE (revoked_at) ON entitlements.entitlement TO millet_app;
