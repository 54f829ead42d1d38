SELECT
    member || ', key ' || substr(key_id, 1, 16) AS subject, 'names no known algorithm: ' || algorithm AS reason,
    added_at AS since, NULL AS event_id
FROM keys
WHERE algorithm NOT IN ('ed25519', 'x25519')
ORDER BY member, key_id
