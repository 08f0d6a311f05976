-- name: settings
-- What figures depend on, as this session has it.
SELECT s.name, s.setting || coalesce(' ' || nullif(s.unit, ''), '') AS value
FROM pg_catalog.pg_settings AS s
WHERE
    s.name IN (
        'server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums',
        'wal_sync_method', 'wal_level', 'wal_buffers', 'wal_compression', 'shared_buffers', 'max_wal_size',
        'checkpoint_timeout'
    )
ORDER BY s.name;
