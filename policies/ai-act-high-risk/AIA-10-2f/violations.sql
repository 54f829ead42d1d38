SELECT r.release AS subject, 'released without an examination for bias before' AS reason, r.released_at AS since, r.event_id
FROM releases AS r
WHERE
    r.risk_class = 'high-risk'
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS d
        WHERE d.kind = 'bias-examination' AND d.model = r.model AND d.event_index < r.event_index
    )
ORDER BY r.event_index
