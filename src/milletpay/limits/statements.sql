-- name: used
-- What these subjects have used on each day of these months.
SELECT u.subject, u.measure, u.currency, u.day, u.amount, u.count
FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::integer[])
    AS w (subject, measure, currency, month)
INNER JOIN limits.used AS u
    ON
        u.subject = w.subject
        AND u.measure = w.measure
        AND u.currency = w.currency
        AND u.day BETWEEN w.month * 100 AND w.month * 100 + 99;

-- name: write_used
-- Write what these subjects have used on these days.
INSERT INTO limits.used AS u (subject, measure, currency, day, amount, count)
SELECT subject, measure, currency, day, amount, count
FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::integer[], $5::bigint[], $6::integer[])
    AS new (subject, measure, currency, day, amount, count)
ON CONFLICT (subject, measure, currency, day) DO UPDATE SET amount = excluded.amount, count = excluded.count;
