-- name: lock_book
-- Wait for the book's lock and keep it until the transaction ends.
SELECT pg_advisory_xact_lock($1);

-- name: end_silent_writer
-- End the session that holds the book's lock, if for so many seconds it has waited for its client.
SELECT pg_terminate_backend(l.pid)
FROM pg_locks AS l
INNER JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE
    l.locktype = 'advisory'
    AND l.granted
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
    AND l.classid = ($1::bigint >> 32)::oid
    AND l.objid = ($1::bigint & 4294967295)::oid
    AND l.objsubid = 1
    AND a.wait_event = 'ClientRead'
    AND a.query_start < now() - make_interval(secs => $2);

-- name: prove_commit
-- Write a transactional message to the write-ahead log, so that COMMIT must bring it to the disk.
SELECT pg_logical_emit_message(true, 'millet', 'alive');

-- name: write_desk_row
-- Write the number of a desk's last batch.
INSERT INTO plumbing.desk (id, batch, at)
VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, at = excluded.at;

-- name: find_desk_row
-- Find the number of a desk's last batch.
SELECT batch FROM plumbing.desk WHERE id = $1;

-- name: delete_desk_rows
-- Delete the rows of desks whose last batch is older than $1.
DELETE FROM plumbing.desk WHERE at < $1;

-- name: append_events
-- Append events in their order, under the book's lock $1, which is taken here where it is not held yet.
WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock($1) IS NOT NULL AS lock)
INSERT INTO plumbing.outbox (kind, object, sequence, at, note)
SELECT event.kind, event.object, event.sequence, event.at, event.note
FROM held,
    unnest($2::text[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[])
    WITH ORDINALITY AS event (kind, object, sequence, at, note, place)
ORDER BY event.place;

-- name: add_consumer
-- Begin to read the outbox, from its oldest event.
INSERT INTO plumbing.outbox_consumer (name) VALUES ($1) ON CONFLICT (name) DO NOTHING;

-- name: claim_consumer
-- Find how far a consumer has come; nothing when another process serves it at this moment.
SELECT position FROM plumbing.outbox_consumer WHERE name = $1 FOR UPDATE SKIP LOCKED;

-- name: read_events
-- Read the next events after position $1, at most $2.
SELECT position, kind, object, sequence, at, note
FROM plumbing.outbox
WHERE position > $1
ORDER BY position
LIMIT $2;

-- name: advance_consumer
-- Note that a consumer has come to position $2.
UPDATE plumbing.outbox_consumer
SET position = $2, failures = 0, failure = NULL, failed_at = NULL
WHERE name = $1;

-- name: note_consumer_failure
-- Note at moment $3 why a consumer cannot go on.
UPDATE plumbing.outbox_consumer
SET failures = failures + 1, failure = $2, failed_at = $3
WHERE name = $1;

-- name: find_consumers
-- Find how far each consumer is behind, in positions, and what holds it.
SELECT
    name,
    position,
    coalesce((SELECT max(position) FROM plumbing.outbox), 0) - position AS behind,
    failures,
    failure,
    failed_at
FROM plumbing.outbox_consumer
ORDER BY name;

-- name: delete_events
-- Delete events older than $1 that every consumer has had, at most $2.
DELETE FROM plumbing.outbox
WHERE position IN (
    SELECT position
    FROM plumbing.outbox
    WHERE position <= (SELECT min(position) FROM plumbing.outbox_consumer) AND at < $1
    ORDER BY position
    LIMIT $2
);

-- name: add_jobs
-- Add jobs that wait; a kind and key that are there already are passed over.
INSERT INTO plumbing.job (id, kind, key, argument, run_at, created_at)
SELECT job.id, job.kind, job.key, job.argument, job.run_at, $6
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
    AS job (id, kind, key, argument, run_at)
ON CONFLICT (kind, key) DO NOTHING
RETURNING id;

-- name: claim_job
-- Claim the job of the kinds $1 that has been due the longest at $2; meanwhile others pass it over.
SELECT id, kind, key, argument, attempts, run_at
FROM plumbing.job
WHERE state = 'waiting' AND run_at <= $2 AND kind = ANY ($1::text[])
ORDER BY run_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: finish_job
-- The claimed job is done at $3, by the attempt numbered $2.
UPDATE plumbing.job
SET state = 'done', attempts = $2, failure = NULL, finished_at = $3, lease = NULL, lease_until = NULL
WHERE id = $1;

-- name: lease_job
-- Let the claimed job run outside any transaction, under lease $2, until $3.
UPDATE plumbing.job
SET state = 'running', attempts = attempts + 1, lease = $2, lease_until = $3
WHERE id = $1;

-- name: claim_leased_job
-- Find a running job by its lease $2, and keep it from the sweep until the transaction ends.
SELECT id FROM plumbing.job WHERE id = $1 AND lease = $2 FOR UPDATE;

-- name: claim_expired_job
-- Claim a running job of the kinds $1 whose lease has ended by $2.
SELECT id, kind, key, argument, attempts, run_at
FROM plumbing.job
WHERE state = 'running' AND lease_until <= $2 AND kind = ANY ($1::text[])
ORDER BY lease_until
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: retry_job
-- The attempt numbered $2 failed for reason $3; another one is due at $4.
UPDATE plumbing.job
SET state = 'waiting', attempts = $2, failure = $3, run_at = $4, lease = NULL, lease_until = NULL
WHERE id = $1;

-- name: bury_job
-- The attempt numbered $2 failed for reason $3 at $4, and was the last.
UPDATE plumbing.job
SET state = 'dead', attempts = $2, failure = $3, finished_at = $4, lease = NULL, lease_until = NULL
WHERE id = $1;

-- name: find_dead_jobs
-- Find the dead jobs, the latest first, at most $1.
SELECT id, kind, key, argument, attempts, failure, created_at, finished_at
FROM plumbing.job
WHERE state = 'dead'
ORDER BY finished_at DESC, id
LIMIT $1;

-- name: requeue_job
-- Let a dead job begin again at $2, with all its attempts.
UPDATE plumbing.job
SET state = 'waiting', attempts = 0, run_at = $2, finished_at = NULL
WHERE id = $1 AND state = 'dead'
RETURNING id;

-- name: delete_done_jobs
-- Delete jobs that were done before $1, at most $2.
DELETE FROM plumbing.job
WHERE id IN (
    SELECT id FROM plumbing.job WHERE state = 'done' AND finished_at < $1 ORDER BY finished_at LIMIT $2
);

-- name: find_last_fire
-- Find the last business date for which a schedule fired.
SELECT max(day) FROM plumbing.schedule_fire WHERE schedule = $1;

-- name: add_fire
-- Note at $3 that a schedule fires for a business date; nothing comes back when it has fired before.
INSERT INTO plumbing.schedule_fire (schedule, day, at)
VALUES ($1, $2, $3)
ON CONFLICT (schedule, day) DO NOTHING
RETURNING day;

-- name: find_answers
-- Find the answers that are kept under the keys $1.
SELECT key, asked, status, body FROM plumbing.answer WHERE key = ANY ($1::uuid[]);

-- name: add_answers
-- Keep answers: keys $1, hashes of bodies $2, statuses $3, bodies $4, all at $5.
INSERT INTO plumbing.answer (key, asked, status, body, at)
SELECT key, asked, status, body, $5
FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::bytea[]) AS new (key, asked, status, body);

-- name: lock_answer
-- Wait until nobody else works on the request that hashes to $1 and $2, and let others wait.
SELECT pg_advisory_xact_lock($1::integer, $2::integer);
