WITH anonymous AS MATERIALIZED (
    SELECT DISTINCT c.member, r.event_index
    FROM releases AS r
    CROSS JOIN model_contributions AS m ON m.model_event = r.model_event
    CROSS JOIN contributions AS c ON c.event_id = m.contribution_event
    WHERE r.anonymity = 'anonymous'
)
SELECT count(*)
FROM deletions AS d
WHERE
    d.law = 'gdpr' AND d.decision = 'refused'
    AND EXISTS (SELECT 1 FROM anonymous AS a WHERE a.member = d.member AND a.event_index < d.decided_index)
