SELECT DISTINCT
    d.deletion || ': ' || r.release AS subject,
    'refused while a model with contributions of ' || d.member || ' is called anonymous, without an assessment before' AS reason,
    d.decided_at AS since, d.decided_event AS event_id
FROM deletions AS d
JOIN contributions AS c ON c.member = d.member
JOIN model_contributions AS m ON m.contribution_event = c.event_id
JOIN releases AS r ON r.model_event = m.model_event
WHERE
    d.law = 'gdpr' AND d.decision = 'refused' AND r.anonymity = 'anonymous' AND r.event_index < d.decided_index
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS a
        WHERE a.kind = 'anonymity-assessment' AND a.model = r.model AND a.event_index < d.decided_index
    )
ORDER BY subject
