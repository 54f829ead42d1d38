SELECT
    member || ', ' || purpose || ' key ' || substr(key_id, 1, 16) AS subject,
    'is ' || ((:as_of_s - added_s) / 86400) || ' days old' AS reason,
    added_at AS since,
    NULL AS event_id
FROM keys
WHERE revoked_index IS NULL AND purpose <> 'encryption' AND :as_of_s - added_s > :max_days * 86400
ORDER BY member, purpose, key_id
