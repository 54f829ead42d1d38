WITH judged AS (
    SELECT
        d.deletion, p.started_at, coalesce(d.certified_event, d.completed_event, p.started_event) AS event_id,
        CASE
            WHEN d.certified_event IS NOT NULL AND (d.completed_event IS NULL OR d.certified_index < d.completed_index)
                THEN 'certified before it was completed'
            WHEN d.completed_index < p.started_index
                OR d.completed_event IS NOT NULL
                AND (p.rematerialized_index IS NULL OR d.completed_index < p.rematerialized_index)
                THEN 'completed before its plan was carried out'
            WHEN d.completed_event IS NULL AND :as_of_s - p.started_s > :days * 86400
                THEN 'started and still open after ' || ((:as_of_s - p.started_s) / 86400) || ' days'
        END AS reason
    FROM deletions AS d
    JOIN plans AS p ON p.plan = d.plan
)
SELECT deletion AS subject, reason, started_at AS since, event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY deletion
