-- name: revision
-- The revision of credentials.
SELECT number FROM identity.revision;

-- name: revise
-- Void what processes remember of credentials.
UPDATE identity.revision SET number = number + 1;

-- name: add_key
-- Add an API key.
INSERT INTO identity.api_key (
    id, hash, merchant, live, kind, name, last4, scopes, rate_class, created_at, expires_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: find_key
-- The key of a hash as a principal, with the revision at which this is so.
SELECT
    k.hash,
    k.id,
    k.kind,
    k.merchant AS owner,
    k.live,
    k.scopes,
    k.rate_class,
    k.expires_at,
    k.revoked_at IS NOT NULL AS ended,
    (SELECT r.number FROM identity.revision AS r) AS revision
FROM identity.api_key AS k
WHERE k.hash = $1;

-- name: key_to_change
-- A merchant's key, kept from others until the transaction ends.
SELECT
    id, merchant, live, kind, name, last4, scopes, rate_class, created_at, expires_at, revoked_at,
    last_used_at, replaced_by
FROM identity.api_key
WHERE id = $1 AND merchant = $2
FOR UPDATE;

-- name: keys_of
-- The keys of a merchant, the latest first.
SELECT
    id, merchant, live, kind, name, last4, scopes, rate_class, created_at, expires_at, revoked_at,
    last_used_at, replaced_by
FROM identity.api_key
WHERE merchant = $1
ORDER BY id DESC;

-- name: replace_key
-- Another key takes the place of this one, which ends at $3.
UPDATE identity.api_key SET replaced_by = $2, expires_at = $3 WHERE id = $1;

-- name: revoke_key
-- Take a key back.
UPDATE identity.api_key SET revoked_at = $2 WHERE id = $1;

-- name: add_session
-- Sign somebody in.
INSERT INTO identity.session (id, hash, kind, owner, live, device, created_at, expires_at, rate_class)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: find_session
-- The session of a hash as a principal, with an operator's roles, and the revision at which this is so.
SELECT
    s.hash,
    s.id,
    s.kind,
    s.owner,
    s.live,
    coalesce(o.roles, '{}') AS scopes,
    s.rate_class,
    s.expires_at,
    s.ended_at IS NOT NULL AS ended,
    (SELECT r.number FROM identity.revision AS r) AS revision
FROM identity.session AS s
LEFT JOIN identity.operator AS o ON o.id = s.owner AND s.kind = 5
WHERE s.hash = $1;

-- name: end_session
-- Sign a device out; nothing comes back when the owner has no such open session.
UPDATE identity.session SET ended_at = $3 WHERE id = $1 AND owner = $2 AND ended_at IS NULL RETURNING true;

-- name: end_sessions_of
-- Sign all devices of an owner out but one.
UPDATE identity.session SET ended_at = $2 WHERE owner = $1 AND id <> $3 AND ended_at IS NULL RETURNING id;

-- name: sessions_of
-- Where somebody is signed in at $2, the latest first.
SELECT id, kind, owner, live, device, created_at, expires_at, ended_at, last_used_at
FROM identity.session
WHERE owner = $1 AND ended_at IS NULL AND expires_at > $2
ORDER BY id DESC;

-- name: note_uses_of_keys
-- Note when these keys were last used; those that another process is writing are passed over.
WITH used AS (
    SELECT u.id, u.at FROM unnest($1::uuid[], $2::bigint[]) AS u (id, at)
),

held AS (
    SELECT k.id
    FROM identity.api_key AS k
    WHERE k.id IN (SELECT u.id FROM used AS u)
    FOR UPDATE SKIP LOCKED
)

UPDATE identity.api_key AS k
SET last_used_at = greatest(k.last_used_at, u.at)
FROM used AS u
WHERE k.id = u.id AND k.id IN (SELECT h.id FROM held AS h);

-- name: note_uses_of_sessions
-- Note when these sessions were last used; those that another process is writing are passed over.
WITH used AS (
    SELECT u.id, u.at FROM unnest($1::uuid[], $2::bigint[]) AS u (id, at)
),

held AS (
    SELECT s.id
    FROM identity.session AS s
    WHERE s.id IN (SELECT u.id FROM used AS u)
    FOR UPDATE SKIP LOCKED
)

UPDATE identity.session AS s
SET last_used_at = greatest(s.last_used_at, u.at)
FROM used AS u
WHERE s.id = u.id AND s.id IN (SELECT h.id FROM held AS h);

-- name: find_terminal_key
-- The terminal key of a hash as a principal, with the revision at which this is so.
SELECT
    k.hash,
    k.id,
    6 AS kind,
    k.merchant AS owner,
    k.live,
    k.store,
    k.terminal,
    k.references_begin,
    k.rate_class,
    NULL::bigint AS expires_at,
    k.revoked_at IS NOT NULL AS ended,
    (SELECT r.number FROM identity.revision AS r) AS revision
FROM identity.terminal_key AS k
WHERE k.hash = $1;

-- name: revoke_terminal_keys
-- Take back what keys these terminals have.
UPDATE identity.terminal_key SET revoked_at = $2
WHERE terminal = ANY($1::uuid[]) AND revoked_at IS NULL
RETURNING id;

-- name: add_terminal_key
-- Give a terminal a key.
INSERT INTO identity.terminal_key (
    id, hash, merchant, live, store, terminal, references_begin, rate_class, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: note_uses_of_terminals
-- Note when these terminal keys were last used; those that another process is writing are passed over.
WITH used AS (
    SELECT u.id, u.at FROM unnest($1::uuid[], $2::bigint[]) AS u (id, at)
),

held AS (
    SELECT k.id
    FROM identity.terminal_key AS k
    WHERE k.id IN (SELECT u.id FROM used AS u)
    FOR UPDATE SKIP LOCKED
)

UPDATE identity.terminal_key AS k
SET last_used_at = greatest(k.last_used_at, u.at)
FROM used AS u
WHERE k.id = u.id AND k.id IN (SELECT h.id FROM held AS h);

-- name: write_code
-- Write the code sent to a phone at $4; nothing comes back when $8 were sent since a window began after $7.
INSERT INTO identity.one_time_code AS c (
    phone, live, mac, expires_at, tries_left, window_began, sent
)
VALUES ($1, $2, $3, $5, $6, $4, 1)
ON CONFLICT (phone, live) DO UPDATE SET
    mac = excluded.mac,
    expires_at = excluded.expires_at,
    tries_left = excluded.tries_left,
    window_began = CASE WHEN c.window_began > $7 THEN c.window_began ELSE excluded.window_began END,
    sent = CASE WHEN c.window_began > $7 THEN c.sent + 1 ELSE 1 END
WHERE c.window_began <= $7 OR c.sent < $8
RETURNING true;

-- name: code_window
-- When the window began in which codes to a phone are counted.
SELECT window_began FROM identity.one_time_code WHERE phone = $1 AND live = $2;

-- name: try_code
-- Use up a try at the code of a phone at $3; nothing comes back when there is none left.
UPDATE identity.one_time_code
SET tries_left = tries_left - 1
WHERE phone = $1 AND live = $2 AND expires_at > $3 AND tries_left > 0
RETURNING mac;

-- name: use_code
-- The code of a phone was right and is good no longer; whoever has the phone in hand begins a new window.
UPDATE identity.one_time_code SET tries_left = 0, window_began = 0 WHERE phone = $1 AND live = $2;

-- name: write_pin
-- Write a customer's PIN.
INSERT INTO identity.pin (customer, hash, set_at)
VALUES ($1, $2, $3)
ON CONFLICT (customer) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at;

-- name: find_pin
-- What is kept of a customer's PIN.
SELECT hash FROM identity.pin WHERE customer = $1;

-- name: begin_attempt
-- Count an attempt at $3 as wrong, those before $4 forgotten; nothing comes back while the subject is locked.
INSERT INTO identity.attempt AS a (knowledge, subject, failures, at)
VALUES ($1, $2, 1, $3)
ON CONFLICT (knowledge, subject) DO UPDATE SET
    failures = CASE WHEN a.at < $4 AND a.locked_until < $4 THEN 1 ELSE a.failures + 1 END,
    at = excluded.at
WHERE a.locked_until <= excluded.at
RETURNING failures;

-- name: locked_until
-- Until when a subject is locked.
SELECT locked_until FROM identity.attempt WHERE knowledge = $1 AND subject = $2;

-- name: lock_attempts
-- Lock a subject.
UPDATE identity.attempt SET locked_until = $3 WHERE knowledge = $1 AND subject = $2;

-- name: forget_attempts
-- Hold nothing against a subject.
DELETE FROM identity.attempt WHERE knowledge = $1 AND subject = $2;

-- name: take_back_attempt
-- Count a try no longer, nor the lock until $3 that it brought.
UPDATE identity.attempt
SET
    failures = greatest(failures - 1, 0),
    locked_until = CASE WHEN locked_until = $3 THEN 0 ELSE locked_until END
WHERE knowledge = $1 AND subject = $2;

-- name: delete_old_attempts
-- Delete up to $2 rows that hold nothing against anybody: no try and no lock is later than $1.
DELETE FROM identity.attempt
WHERE (knowledge, subject) IN (
    SELECT a.knowledge, a.subject
    FROM identity.attempt AS a
    WHERE a.at < $1 AND a.locked_until < $1
    LIMIT $2
    FOR UPDATE SKIP LOCKED
);

-- name: delete_old_codes
-- Delete up to $3 codes that expired by $1 and whose window began by $2.
DELETE FROM identity.one_time_code
WHERE (phone, live) IN (
    SELECT c.phone, c.live
    FROM identity.one_time_code AS c
    WHERE c.expires_at <= $1 AND c.window_began <= $2
    LIMIT $3
    FOR UPDATE SKIP LOCKED
);

-- name: add_operator
-- Add an operator.
INSERT INTO identity.operator (id, login, name, password, roles, created_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: operator
-- An operator by id.
SELECT id, login, name, roles, created_at, suspended_at FROM identity.operator WHERE id = $1;

-- name: operator_by_login
-- An operator by login, with what is kept of the password.
SELECT id, login, name, roles, created_at, suspended_at, password FROM identity.operator WHERE login = $1;

-- name: set_password
-- Give an operator another password.
UPDATE identity.operator SET password = $2 WHERE id = $1 RETURNING login;

-- name: set_roles
-- Give an operator other roles.
UPDATE identity.operator SET roles = $2
WHERE id = $1
RETURNING id, login, name, roles, created_at, suspended_at;

-- name: suspend_operator
-- Let an operator in no longer.
UPDATE identity.operator SET suspended_at = coalesce(suspended_at, $2)
WHERE id = $1
RETURNING id, login, name, roles, created_at, suspended_at;

-- name: add_pairing
-- Note a device that asks to be somebody's; nothing comes back when another one shows the same code.
INSERT INTO identity.pairing (id, code, secret, kind, name, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code) DO NOTHING
RETURNING true;

-- name: pairing_by_code
-- What shows a code at $2.
SELECT id, kind, name, expires_at FROM identity.pairing WHERE code = $1 AND expires_at > $2;

-- name: pairing
-- A pairing.
SELECT id, kind, name, expires_at FROM identity.pairing WHERE id = $1;

-- name: pairing_of_secret
-- The pairing of a secret, kept from others until the transaction ends.
SELECT id, kind, name, expires_at FROM identity.pairing WHERE id = $1 AND secret = $2 FOR UPDATE;

-- name: delete_pairings
-- Forget those that ended before a moment.
DELETE FROM identity.pairing WHERE expires_at < $1;
