SELECT r.release AS subject, 'released without instructions about logs before' AS reason, r.released_at AS since, r.event_id
FROM releases AS r
WHERE
    r.risk_class = 'high-risk'
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS d
        JOIN document_topics AS t ON t.event_id = d.event_id AND t.topic = 'logs'
        WHERE d.kind = 'instructions' AND d.model = r.model AND d.event_index < r.event_index
    )
ORDER BY r.event_index
