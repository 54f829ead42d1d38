SELECT
    'model ' || substr(m.model, 1, 16) || ' of ' || m.round AS subject,
    CASE
        WHEN c.event_id IS NULL THEN 'merges something that nobody contributed'
        WHEN c.event_index > m.event_index THEN 'merges what ' || c.member || ' contributed only later'
        ELSE 'merges what ' || c.member || ' did not sign for'
    END AS reason,
    m.materialized_at AS since,
    m.event_id
FROM model_contributions AS b
JOIN models AS m ON m.event_id = b.model_event
LEFT JOIN contributions AS c ON c.event_id = b.contribution_event
WHERE
    c.event_id IS NULL OR c.event_index > m.event_index
    OR NOT EXISTS (
        SELECT 1
        FROM key_use AS u
        JOIN keys AS k ON k.key_id = u.key_id
        WHERE u.event_id = c.event_id AND k.member = c.member AND k.purpose = 'event'
    )
ORDER BY m.event_index, b.contribution_event
