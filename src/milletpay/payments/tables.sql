-- payments: what customers pay merchants: payments, refunds, reversals, agreements.

CREATE SCHEMA payments;

GRANT USAGE ON SCHEMA payments TO millet_app;

-- A customer's standing permission for a merchant to charge without asking each time.
CREATE TABLE payments.agreement (
    id            uuid PRIMARY KEY,
    merchant      uuid NOT NULL,
    live          boolean NOT NULL,
    customer      uuid,  -- NULL until it is signed
    status        text COLLATE "C" NOT NULL CHECK (status IN ('pending_signature', 'active', 'canceled')),
    currency      text COLLATE "C" NOT NULL,
    charge_limit  bigint NOT NULL CHECK (charge_limit > 0),  -- minor units, of one charge
    day_limit     bigint NOT NULL CHECK (day_limit > 0),  -- minor units, of one accounting day
    month_limit   bigint NOT NULL CHECK (month_limit > 0),  -- minor units, of one calendar month
    day_charges   integer NOT NULL CHECK (day_charges > 0),  -- how many charges a day
    notice_days   integer NOT NULL DEFAULT 0 CHECK (notice_days >= 0),  -- announced so long before
    reference     text COLLATE "C" NOT NULL,
    key_hash      uuid,
    body_hash     uuid NOT NULL,
    description   text COLLATE "C" NOT NULL,
    sources       text COLLATE "C" NOT NULL CHECK (sources <> ''),  -- 'balance' and ids of cards, by spaces
    created_at    bigint NOT NULL,
    signed_at     bigint NOT NULL,  -- nanoseconds; 0: not yet
    canceled_at   bigint NOT NULL,
    events        integer NOT NULL,
    CHECK (status <> 'active' OR customer IS NOT NULL)
);

CREATE UNIQUE INDEX agreement_key ON payments.agreement (key_hash) WHERE key_hash IS NOT NULL;
CREATE UNIQUE INDEX agreement_reference ON payments.agreement (merchant, live, reference);
CREATE INDEX agreement_of_customer ON payments.agreement (customer, id) WHERE customer IS NOT NULL;

-- Charges that a customer was told of, days ahead.
CREATE TABLE payments.announcement (
    id           uuid PRIMARY KEY,
    agreement    uuid NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),  -- minor units; at most so much
    charge_on    integer NOT NULL,  -- YYYYMMDD; not before
    announced_at bigint NOT NULL,  -- nanoseconds
    payment      uuid,  -- the charge that used it
    withdrawn_at bigint NOT NULL DEFAULT 0,  -- nanoseconds; 0 as long as it stands
    CHECK (payment IS NULL OR withdrawn_at = 0)
);

CREATE INDEX announcement_of_agreement ON payments.announcement (agreement, charge_on);
-- One charge uses at most one.
CREATE UNIQUE INDEX announcement_used ON payments.announcement (payment) WHERE payment IS NOT NULL;

-- What a merchant asks for and a customer pays. Amounts are in minor units of the currency.
CREATE TABLE payments.payment (
    id             uuid PRIMARY KEY,
    merchant       uuid NOT NULL,
    customer       uuid,
    agreement      uuid,
    store          uuid,  -- where it was sold
    terminal       uuid,  -- at which till or card terminal
    device         uuid,  -- which device of the customer asked for it, or showed its code
    plate          uuid,  -- the code plate that was scanned
    person         uuid,  -- whose limit of static codes it counts towards
    presented      text COLLATE "C" CHECK (presented IN ('unasked', 'asked')),  -- by a payment code
    key_hash       uuid,  -- 16 bytes of the idempotency key in its scope
    body_hash      uuid NOT NULL,  -- 16 bytes of the request's body
    created_at     bigint NOT NULL,  -- nanoseconds
    expires_at     bigint NOT NULL,  -- nanoseconds, until when it can be paid; 0: for ever
    due_at         bigint NOT NULL,  -- nanoseconds, when time ends it; 0: never
    amount         bigint NOT NULL CHECK (amount > 0),
    authorized     bigint NOT NULL CHECK (authorized BETWEEN 0 AND amount),
    captured       bigint NOT NULL CHECK (captured BETWEEN 0 AND amount),
    refunded       bigint NOT NULL CHECK (refunded BETWEEN 0 AND captured),
    taken_back     bigint NOT NULL DEFAULT 0 CHECK (taken_back BETWEEN 0 AND captured),  -- by the card's bank
    fee            bigint NOT NULL CHECK (fee >= 0),  -- taken, less given back
    contract       uuid NOT NULL,  -- the fee contract that was quoted
    quote          bigint NOT NULL CHECK (quote >= 0),  -- the fee on the whole amount, frozen
    fee_on_refund  smallint NOT NULL,  -- given back, or kept
    counted_on     integer NOT NULL,  -- YYYYMMDD on which it counts towards limits; 0: it does not
    events         integer NOT NULL,  -- how many it has had
    attempts       integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),  -- tries to pay it, in payments.attempt
    live           boolean NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL CHECK (status IN (
        'awaiting_payment', 'processing', 'authorized', 'succeeded', 'canceled', 'expired', 'failed',
        'reversed'
    )),
    first_status   text COLLATE "C" NOT NULL,  -- with which the request that made it was answered
    capture_method text COLLATE "C" NOT NULL CHECK (capture_method IN ('automatic', 'manual')),
    decline        text COLLATE "C",
    reference      text COLLATE "C" NOT NULL,
    description    text COLLATE "C" NOT NULL,
    return_url     text COLLATE "C" NOT NULL,
    metadata       text COLLATE "C" NOT NULL,  -- JSON, as it was given
    flags          text COLLATE "C" NOT NULL DEFAULT '',  -- what is unusual about it, with spaces between
    card           text COLLATE "C"  -- 'bank 0011' that pays or is asked; NULL: the balance
);

-- The merchant's reference names one payment.
CREATE UNIQUE INDEX payment_reference ON payments.payment (merchant, live, reference);
CREATE UNIQUE INDEX payment_key ON payments.payment (key_hash) WHERE key_hash IS NOT NULL;
-- What time will end.
CREATE INDEX payment_due_at ON payments.payment (due_at) WHERE due_at > 0;
-- What was paid at a plate, and by whom, the newest first: few of all payments.
CREATE INDEX payment_of_plate ON payments.payment (plate, id) WHERE plate IS NOT NULL;
CREATE INDEX payment_of_scanner ON payments.payment (customer, id) WHERE plate IS NOT NULL;
-- A merchant's payments, the newest first.
CREATE INDEX payment_of_merchant ON payments.payment (merchant, live, id);

-- What was sold in a store, at its plates too.
CREATE INDEX payment_of_store ON payments.payment (store, id) WHERE store IS NOT NULL;

-- What a device asked for, or showed its code for.
CREATE INDEX payment_of_device ON payments.payment (device, id) WHERE device IS NOT NULL;

-- What codes were shown for.
CREATE INDEX payment_presented ON payments.payment (customer, id) WHERE presented IS NOT NULL;

-- Tries to pay a payment that awaits its payer; one that was made with its payer has itself as its only one.
CREATE TABLE payments.attempt (
    payment  uuid NOT NULL,
    number   integer NOT NULL CHECK (number > 0),
    customer uuid NOT NULL,
    decline  text COLLATE "C",
    at       bigint NOT NULL,
    outcome  text COLLATE "C" NOT NULL CHECK (outcome IN (
        'pending', 'took_the_money', 'declined', 'let_go', 'given_back'
    )),
    card     text COLLATE "C",  -- 'bank 0011' that was asked; NULL: the balance
    PRIMARY KEY (payment, number),
    CHECK ((outcome = 'declined') = (decline IS NOT NULL))
);

-- At most one of them takes money.
CREATE UNIQUE INDEX attempt_that_took ON payments.attempt (payment) WHERE outcome = 'took_the_money';

-- Money given back: at once to a balance, and with the bank's word to a card.
CREATE TABLE payments.refund (
    id          uuid PRIMARY KEY,
    payment     uuid NOT NULL,
    merchant    uuid NOT NULL,
    live        boolean NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    fee_back    bigint NOT NULL CHECK (fee_back >= 0),
    currency    text COLLATE "C" NOT NULL,
    key_hash    uuid,
    body_hash   uuid NOT NULL,
    reference   text COLLATE "C" NOT NULL,
    reason      text COLLATE "C" NOT NULL,
    created_at  bigint NOT NULL,
    status      text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'succeeded')),
    destination text COLLATE "C" NOT NULL CHECK (destination IN ('balance', 'card')),
    events      integer NOT NULL DEFAULT 0 CHECK (events >= 0),
    CHECK (status = 'succeeded' OR destination = 'card')
);

CREATE UNIQUE INDEX refund_reference ON payments.refund (merchant, live, reference);
CREATE UNIQUE INDEX refund_key ON payments.refund (key_hash) WHERE key_hash IS NOT NULL;
CREATE INDEX refund_of_payment ON payments.refund (payment, id);

-- A reversal that came before its payment: the late payment is declined.
CREATE TABLE payments.mark (
    merchant   uuid NOT NULL,
    live       boolean NOT NULL,
    reference  text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (merchant, live, reference)
);

-- Phones that show payment codes. Their keys are made of the house's secret, and kept nowhere.
CREATE TABLE payments.presenter (
    number      integer PRIMARY KEY CHECK (number BETWEEN 1 AND 24999999),  -- stands, encrypted, in its codes
    device      uuid NOT NULL UNIQUE,
    customer    uuid NOT NULL,
    live        boolean NOT NULL,
    version     integer NOT NULL CHECK (version > 0),  -- each enrolment has another key
    enrolled_at bigint NOT NULL  -- nanoseconds
);

-- Payment codes that were used; the step first, so that the old ones go from one end of the index.
CREATE TABLE payments.code_use (
    step    bigint NOT NULL,  -- thirty seconds since 1970
    number  integer NOT NULL,
    lane    smallint NOT NULL CHECK (lane BETWEEN 0 AND 3),
    payment uuid NOT NULL,
    PRIMARY KEY (step, number, lane)
);

-- Wrong payment codes: counted where they were scanned, for the merchant, and for an alias guessed at.
CREATE TABLE payments.guesses (
    subject      uuid PRIMARY KEY,
    since        bigint NOT NULL,  -- nanoseconds, when the minute began; of an alias: when it ends
    wrong        integer NOT NULL CHECK (wrong >= 0),
    owed_until   bigint NOT NULL,  -- nanoseconds; each guess is owed for some minutes
    closings     integer NOT NULL CHECK (closings >= 0),
    closed_until bigint NOT NULL  -- nanoseconds; no code is looked at before
);

-- What customers have set lower than the house: how much is paid by code without asking them.
CREATE TABLE payments.code_rule (
    customer   uuid PRIMARY KEY,
    each_limit bigint NOT NULL CHECK (each_limit >= 0),  -- minor units
    per_day    integer NOT NULL CHECK (per_day >= 0)
);

GRANT SELECT, INSERT, UPDATE ON payments.agreement, payments.announcement, payments.payment TO millet_app;
GRANT SELECT, INSERT ON payments.attempt, payments.refund, payments.mark TO millet_app;
GRANT SELECT, INSERT, UPDATE ON payments.presenter, payments.code_rule TO millet_app;
GRANT SELECT, INSERT, DELETE ON payments.code_use TO millet_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON payments.guesses TO millet_app;
GRANT UPDATE (outcome, decline) ON payments.attempt TO millet_app;
GRANT UPDATE (status, destination, events) ON payments.refund TO millet_app;
