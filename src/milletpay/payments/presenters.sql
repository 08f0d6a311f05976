-- name: presenters
-- Phones that show codes, by number.
SELECT number, device, customer, live, version, enrolled_at
FROM payments.presenter
WHERE number = ANY($1::integer[]);

-- name: presenters_of
-- Phones that show codes, by device.
SELECT number, device, customer, live, version, enrolled_at
FROM payments.presenter
WHERE device = ANY($1::uuid[]);

-- name: greatest_number
-- The number of the phone that was enrolled last; 0 for none.
SELECT coalesce(max(number), 0) FROM payments.presenter;

-- name: write_presenters
-- Write phones that show codes: new ones, and those that were enrolled again.
INSERT INTO payments.presenter AS p (number, device, customer, live, version, enrolled_at)
SELECT number, device, customer, live, version, enrolled_at
FROM unnest($1::integer[], $2::uuid[], $3::uuid[], $4::boolean[], $5::integer[], $6::bigint[])
    AS n (number, device, customer, live, version, enrolled_at)
ON CONFLICT (number) DO UPDATE SET version = excluded.version, enrolled_at = excluded.enrolled_at;

-- name: code_rules
-- What these customers have set.
SELECT customer, each_limit, per_day FROM payments.code_rule WHERE customer = ANY($1::uuid[]);

-- name: write_code_rules
-- Write what customers have set.
INSERT INTO payments.code_rule AS r (customer, each_limit, per_day)
SELECT customer, each_limit, per_day
FROM unnest($1::uuid[], $2::bigint[], $3::integer[]) AS n (customer, each_limit, per_day)
ON CONFLICT (customer) DO UPDATE SET each_limit = excluded.each_limit, per_day = excluded.per_day;

-- name: code_uses
-- Which of these codes were used.
SELECT u.step, u.number, u.lane
FROM unnest($1::bigint[], $2::integer[], $3::smallint[]) AS shown (step, number, lane)
INNER JOIN payments.code_use AS u
    ON u.step = shown.step AND u.number = shown.number AND u.lane = shown.lane;

-- name: add_code_uses
-- Write that codes were used.
INSERT INTO payments.code_use (step, number, lane, payment)
SELECT step, number, lane, payment
FROM unnest($1::bigint[], $2::integer[], $3::smallint[], $4::uuid[]) AS n (step, number, lane, payment);

-- name: delete_code_uses
-- Forget codes of steps that are long over.
WITH old AS (
    DELETE FROM payments.code_use
    WHERE step < $1
    RETURNING 1
)

SELECT count(*) FROM old;

-- name: guesses
-- All that counts of what was guessed: closed or owed for at $1, counted since $2, or closed since $3.
SELECT subject, since, wrong, owed_until, closings, closed_until
FROM payments.guesses
WHERE closed_until > $1 OR owed_until > $1 OR since > $2 OR (closings > 0 AND closed_until > $3);

-- name: guesses_of
-- What was counted of these subjects.
SELECT subject, since, wrong, owed_until, closings, closed_until
FROM payments.guesses
WHERE subject = ANY($1::uuid[]);

-- name: write_guesses
-- Write what was counted of subjects.
INSERT INTO payments.guesses AS g (subject, since, wrong, owed_until, closings, closed_until)
SELECT subject, since, wrong, owed_until, closings, closed_until
FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::bigint[], $5::integer[], $6::bigint[])
    AS n (subject, since, wrong, owed_until, closings, closed_until)
ON CONFLICT (subject) DO UPDATE SET
    since = excluded.since,
    wrong = excluded.wrong,
    owed_until = excluded.owed_until,
    closings = excluded.closings,
    closed_until = excluded.closed_until;

-- name: delete_guesses
-- Forget what was counted long ago.
WITH old AS (
    DELETE FROM payments.guesses
    WHERE since < $1 AND owed_until < $1 AND closed_until < $1
    RETURNING 1
)

SELECT count(*) FROM old;

-- name: find_code_rule
-- What a customer has set.
SELECT customer, each_limit, per_day FROM payments.code_rule WHERE customer = $1;
