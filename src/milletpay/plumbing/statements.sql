-- name: lock_book
-- Wait for the book's lock and keep it until the transaction ends.
SELECT pg_advisory_xact_lock($1);

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
