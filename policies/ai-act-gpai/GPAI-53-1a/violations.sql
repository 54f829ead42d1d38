SELECT r.release AS subject, 'no documentation of the model before the release has a part about ' || w.topic AS reason, r.released_at AS since, r.event_id
FROM releases AS r
CROSS JOIN (SELECT 'architecture' AS topic UNION ALL SELECT 'compute' UNION ALL SELECT 'data' UNION ALL SELECT 'energy' UNION ALL SELECT 'tasks') AS w
WHERE NOT EXISTS (
    SELECT 1
    FROM documents AS d
    JOIN document_topics AS t ON t.event_id = d.event_id AND t.topic = w.topic
    WHERE d.kind = 'gpai-documentation' AND d.model = r.model AND d.event_index < r.event_index
)
ORDER BY r.event_index, w.topic
