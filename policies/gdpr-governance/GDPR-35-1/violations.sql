WITH covering AS (
    SELECT d.event_index, d.recorded_s
    FROM documents AS d
    JOIN document_topics AS t ON t.event_id = d.event_id AND t.topic = 'training'
    WHERE d.kind = 'dpia'
), changes AS (
    SELECT 'first contribution' AS subject, min(event_index) AS event_index, NULL AS since_index FROM contributions HAVING count(*) > 0
    UNION ALL
    SELECT
        'release ' || release, event_index,
        (SELECT max(x.event_index) FROM releases AS x WHERE x.event_index < r.event_index)
    FROM releases AS r
    WHERE is_substantial_change = 1
)
SELECT
    c.subject,
    iif(c.since_index IS NULL, 'no impact assessment that covers training came before it', 'no impact assessment since the release before it') AS reason,
    e.claimed_at AS since, e.event_id
FROM changes AS c
JOIN events AS e ON e.is_public = 1 AND e.event_index = c.event_index
WHERE NOT EXISTS (
    SELECT 1 FROM covering AS k WHERE k.event_index < c.event_index AND k.event_index > coalesce(c.since_index, -1)
)
ORDER BY c.event_index
