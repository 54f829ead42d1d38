WITH data AS (
    SELECT r.release, r.event_id, r.event_index, r.released_at, max(c.event_index) AS last_index
    FROM releases AS r
    JOIN model_contributions AS b ON b.model_event = r.model_event
    JOIN contributions AS c ON c.event_id = b.contribution_event
    GROUP BY r.event_id
)
SELECT d.release AS subject, 'no summary of the training content since the last contribution' AS reason, d.released_at AS since, d.event_id
FROM data AS d
WHERE NOT EXISTS (
    SELECT 1 FROM documents AS s WHERE s.kind = 'training-summary' AND s.event_index > d.last_index AND s.event_index < d.event_index
)
ORDER BY d.event_index
