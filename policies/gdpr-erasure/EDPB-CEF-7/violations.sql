WITH anonymous AS MATERIALIZED (
    SELECT DISTINCT c.member, r.release, r.model, r.event_index
    FROM releases AS r
    CROSS JOIN model_contributions AS m ON m.model_event = r.model_event
    CROSS JOIN contributions AS c ON c.event_id = m.contribution_event
    WHERE r.anonymity = 'anonymous'
)
SELECT
    d.deletion || ': ' || r.release AS subject,
    'refused while a model with contributions of ' || d.member || ' is called anonymous, without an assessment before' AS reason,
    d.decided_at AS since, d.decided_event AS event_id
FROM deletions AS d
JOIN anonymous AS r ON r.member = d.member
WHERE
    d.law = 'gdpr' AND d.decision = 'refused' AND r.event_index < d.decided_index
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS a
        WHERE a.kind = 'anonymity-assessment' AND a.model = r.model AND a.event_index < d.decided_index
    )
ORDER BY subject
