SELECT subject, reason, since, event_id
FROM (
    SELECT 1 AS rank, member || ', key ' || substr(key_id, 1, 16) AS subject, 'names no known algorithm: ' || algorithm AS reason, added_at AS since, NULL AS event_id
    FROM keys
    WHERE algorithm NOT IN ('ed25519', 'x25519')
    UNION ALL
    SELECT
        2, 'migration test', iif(max(recorded_s) IS NULL, 'none is recorded', 'the last is ' || ((:as_of_s - max(recorded_s)) / 86400) || ' days old'), max(recorded_at), NULL
    FROM documents
    WHERE kind = 'migration-test'
    HAVING coalesce(:as_of_s - max(recorded_s) > :days * 86400, 1) AND EXISTS (SELECT 1 FROM keys)
)
ORDER BY rank, subject
