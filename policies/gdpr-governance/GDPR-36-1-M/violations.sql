SELECT
    a.document || ' version ' || a.version AS subject, 'leaves a high risk, and training went on without a consultation' AS reason, a.recorded_at AS since, a.event_id
FROM documents AS a
WHERE
    a.kind = 'dpia' AND a.residual_risk = 'high'
    AND EXISTS (
        SELECT 1
        FROM contributions AS c
        WHERE
            c.event_index > a.event_index
            AND NOT EXISTS (
                SELECT 1
                FROM documents AS k
                WHERE k.kind = 'prior-consultation' AND k.event_index > a.event_index AND k.event_index < c.event_index
            )
    )
ORDER BY a.document, a.version
