WITH refused AS (
    SELECT * FROM deletions WHERE law = 'gdpr' AND decision = 'refused'
), judged AS (
    SELECT
        deletion, received_at, decided_event, 1 AS rank,
        CASE
            WHEN decided_s > graced_due_s THEN 'refused on ' || decided_at || ', after ' || graced_due_at
            WHEN refusal_notice IS NULL THEN 'no notice to the person is named'
        END AS reason
    FROM refused
    UNION ALL
    SELECT r.deletion, r.received_at, n.event_id, 2, 'the notice does not give ' || w.wanted
    FROM refused AS r
    JOIN notices AS n ON n.event_id = r.refusal_notice
    CROSS JOIN (SELECT 'complaint' AS wanted UNION ALL SELECT 'reasons' UNION ALL SELECT 'remedy') AS w
    WHERE NOT EXISTS (SELECT 1 FROM notice_contents AS c WHERE c.event_id = n.event_id AND c.content = w.wanted)
)
SELECT deletion AS subject, reason, received_at AS since, decided_event AS event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY deletion, rank, reason
