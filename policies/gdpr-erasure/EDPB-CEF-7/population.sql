SELECT count(*)
FROM deletions AS d
WHERE
    d.law = 'gdpr' AND d.decision = 'refused'
    AND EXISTS (
        SELECT 1
        FROM contributions AS c
        JOIN model_contributions AS m ON m.contribution_event = c.event_id
        JOIN releases AS r ON r.model_event = m.model_event
        WHERE c.member = d.member AND r.anonymity = 'anonymous' AND r.event_index < d.decided_index
    )
