-- name: add_endpoint
-- Write a new endpoint.
INSERT INTO notifications.endpoint (
    id, merchant, live, url, kinds, version, description, status, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, 'enabled', $8);

-- name: count_endpoints
-- Count the endpoints of a merchant.
SELECT count(*) FROM notifications.endpoint WHERE merchant = $1 AND live = $2 AND status <> 'deleted';

-- name: endpoint
-- One endpoint.
SELECT * FROM notifications.endpoint WHERE id = $1;

-- name: endpoints_of
-- The endpoints of a merchant, the newest first, before an id.
SELECT *
FROM notifications.endpoint
WHERE merchant = $1 AND live = $2 AND status <> 'deleted' AND id < $3
ORDER BY id DESC
LIMIT $4;

-- name: lock_endpoint
-- One endpoint, kept from others that change what is on its way to it.
SELECT * FROM notifications.endpoint WHERE id = $1 FOR NO KEY UPDATE;

-- name: lock_endpoints_of
-- The enabled endpoints of merchants, locked as one is; in the order of their ids, lest lockers block.
SELECT e.*
FROM notifications.endpoint AS e
INNER JOIN unnest($1::uuid[], $2::boolean[]) AS o (merchant, live)
    ON e.merchant = o.merchant AND e.live = o.live
WHERE e.status = 'enabled'
ORDER BY e.id
FOR NO KEY UPDATE OF e;

-- name: change_endpoint
-- Write what a merchant may change of an endpoint.
UPDATE notifications.endpoint SET url = $2, kinds = $3, version = $4, description = $5 WHERE id = $1;

-- name: set_endpoint_status
-- Write whether an endpoint is told anything, and why not; it begins anew.
UPDATE notifications.endpoint
SET status = $2, disabled_because = $3, failures = 0, down_since = NULL, probe = NULL
WHERE id = $1;

-- name: set_endpoint_health
-- Write how often in a row an endpoint could not be reached, since when it is down, and what it is tried by.
UPDATE notifications.endpoint SET failures = $2, down_since = $3, probe = $4 WHERE id = $1;

-- name: add_secret
-- Write the newest secret of an endpoint, closed.
INSERT INTO notifications.secret (id, endpoint, closed, created_at) VALUES ($1, $2, $3, $4);

-- name: retire_secrets
-- Let the secrets of an endpoint sign until $2 at the latest.
UPDATE notifications.secret
SET expires_at = $2
WHERE endpoint = $1 AND (expires_at IS NULL OR expires_at > $2);

-- name: delete_expired_secrets
-- Delete the secrets of an endpoint that ended before $2.
DELETE FROM notifications.secret WHERE endpoint = $1 AND expires_at <= $2;

-- name: secrets_of
-- The secrets of an endpoint that sign at $2, the newest first.
SELECT id, closed, created_at, expires_at
FROM notifications.secret
WHERE endpoint = $1 AND (expires_at IS NULL OR expires_at > $2)
ORDER BY id DESC;

-- name: add_events
-- Write events; one that was written before is passed over.
INSERT INTO notifications.event (id, merchant, live, kind, object, sequence, at, payload)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bytea[]
)
ON CONFLICT (id) DO NOTHING;

-- name: event
-- One event.
SELECT * FROM notifications.event WHERE id = $1;

-- name: events_of
-- The events of a merchant from $3 on and before $4, the newest first; all, or those of a kind or an object.
SELECT *
FROM notifications.event
WHERE merchant = $1 AND live = $2 AND id >= $3 AND id < $4
    AND ($5::text IS NULL OR kind = $5) AND ($6::uuid IS NULL OR object = $6)
ORDER BY id DESC
LIMIT $7;

-- name: fill_payloads
-- Write payloads that were not there; whoever was first is right.
UPDATE notifications.event AS e
SET payload = coalesce(e.payload, n.payload)
FROM unnest($1::uuid[], $2::bytea[]) AS n (id, payload)
WHERE e.id = n.id
RETURNING e.id, e.payload;

-- name: delete_events
-- Delete events whose ids are below $1, and what became of them, at most $2.
DELETE FROM notifications.event
WHERE id IN (SELECT id FROM notifications.event WHERE id < $1 ORDER BY id LIMIT $2);

-- name: add_deliveries
-- Queue events for endpoints; what is there already stays as it is.
INSERT INTO notifications.delivery (event, endpoint, object, sequence, queued_at)
SELECT n.event, n.endpoint, n.object, n.sequence, $5
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) AS n (event, endpoint, object, sequence)
ON CONFLICT (event, endpoint) DO NOTHING;

-- name: replay_events
-- Queue for endpoint $1 at $2 the events of its merchant from $3 on and before $4 that it wants, sent or not.
INSERT INTO notifications.delivery AS d (event, endpoint, object, sequence, queued_at)
SELECT v.id, e.id, v.object, v.sequence, $2
FROM notifications.endpoint AS e
INNER JOIN notifications.event AS v ON e.merchant = v.merchant AND e.live = v.live
WHERE e.id = $1 AND v.id >= $3 AND v.id < $4
    AND (
        cardinality(e.kinds) = 0
        OR v.kind = ANY (e.kinds)
        OR split_part(v.kind, '.', 1) || '.*' = ANY (e.kinds)
    )
ON CONFLICT (event, endpoint) DO UPDATE SET state = 'queued', attempts = 0, job = NULL, queued_at = $2;

-- name: replay_event
-- Queue one event for an endpoint at $5, sent or not.
INSERT INTO notifications.delivery AS d (event, endpoint, object, sequence, queued_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event, endpoint) DO UPDATE SET state = 'queued', attempts = 0, job = NULL, queued_at = $5;

-- name: next_of_objects
-- For each endpoint and object, the first event that is queued, if none is due.
SELECT n.event, n.endpoint
FROM unnest($1::uuid[], $2::uuid[]) AS o (endpoint, object)
CROSS JOIN LATERAL (
    SELECT d.event, d.endpoint, d.state
    FROM notifications.delivery AS d
    WHERE d.endpoint = o.endpoint AND d.object = o.object AND d.state IN ('queued', 'due')
    ORDER BY d.state = 'queued', d.sequence
    LIMIT 1
) AS n
WHERE n.state = 'queued';

-- name: next_of_endpoint
-- The first queued event of each object of which none is due at an endpoint; of at most $2 objects.
SELECT DISTINCT ON (d.object) d.event, d.endpoint
FROM notifications.delivery AS d
WHERE d.endpoint = $1 AND d.state = 'queued'
    AND NOT EXISTS (
        SELECT 1
        FROM notifications.delivery AS b
        WHERE b.endpoint = d.endpoint AND b.object = d.object AND b.state = 'due'
    )
ORDER BY d.object, d.sequence
LIMIT $2;

-- name: next_probe
-- The event to try an endpoint by that is down: of those that may be sent now, the one not tried for longest.
SELECT d.event, d.endpoint
FROM notifications.delivery AS d
WHERE d.endpoint = $1 AND d.state = 'queued'
    AND NOT EXISTS (
        SELECT 1
        FROM notifications.delivery AS b
        WHERE b.endpoint = d.endpoint AND b.object = d.object AND b.state IN ('queued', 'due')
            AND (b.state = 'due' OR b.sequence < d.sequence)
    )
ORDER BY d.tried_at NULLS FIRST, d.event
LIMIT 1;

-- name: set_due
-- Let jobs carry deliveries.
UPDATE notifications.delivery AS d
SET state = 'due', job = n.job
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n (event, endpoint, job)
WHERE d.event = n.event AND d.endpoint = n.endpoint;

-- name: carried_delivery
-- The delivery that a job carries; none when another one does, or none any more.
SELECT * FROM notifications.delivery WHERE event = $1 AND endpoint = $2 AND job = $3;

-- name: end_delivery
-- No job carries a delivery any more, whose state is $3 now.
UPDATE notifications.delivery SET state = $3, job = NULL WHERE event = $1 AND endpoint = $2;

-- name: put_back_due
-- Let a delivery wait that was to go.
UPDATE notifications.delivery
SET state = 'queued', job = NULL
WHERE event = $1 AND endpoint = $2 AND state = 'due';

-- name: cancel_deliveries
-- Cancel all that is on its way to an endpoint.
UPDATE notifications.delivery
SET state = 'canceled', job = NULL
WHERE endpoint = $1 AND state IN ('queued', 'due');

-- name: fail_deliveries
-- Give up what waits for an endpoint since before $2.
UPDATE notifications.delivery
SET state = 'failed'
WHERE endpoint = $1 AND state = 'queued' AND queued_at < $2;

-- name: begin_attempt
-- Note that a delivery is tried at $3.
UPDATE notifications.delivery SET attempts = attempts + 1, tried_at = $3 WHERE event = $1 AND endpoint = $2;

-- name: add_attempt
-- Write an attempt as it begins.
INSERT INTO notifications.attempt (id, event, endpoint, number, started_at) VALUES ($1, $2, $3, $4, $5);

-- name: end_attempt
-- Write how an attempt ended.
UPDATE notifications.attempt SET duration = $2, status = $3, failure = $4, snippet = $5 WHERE id = $1;

-- name: end_lost_attempts
-- Of attempts of a delivery whose process died it is not known, at $3, how they ended.
UPDATE notifications.attempt
SET duration = greatest($3 - started_at, 0), failure = $4
WHERE event = $1 AND endpoint = $2 AND duration IS NULL;

-- name: attempts_of
-- The attempts at an endpoint, the newest first, before an id; all, or those for an event.
SELECT a.id, a.event, v.kind, a.number, a.started_at, a.duration, a.status, a.failure, a.snippet
FROM notifications.attempt AS a
INNER JOIN notifications.event AS v ON a.event = v.id
WHERE a.endpoint = $1 AND a.id < $2 AND ($3::uuid IS NULL OR a.event = $3)
ORDER BY a.id DESC
LIMIT $4;

-- name: deliveries_of
-- Where an event is on its way to each of its endpoints.
SELECT * FROM notifications.delivery WHERE event = $1 ORDER BY endpoint;
