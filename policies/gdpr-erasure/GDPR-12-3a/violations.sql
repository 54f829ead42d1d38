WITH judged AS (
    SELECT
        d.deletion, d.received_at, coalesce(d.answered_event, d.requested_event) AS event_id, 1 AS rank,
        CASE
            WHEN d.answered_s > d.limit_due_s THEN 'answered on ' || d.answered_at || ', after ' || d.limit_due_at
            WHEN d.answered_s IS NULL AND :as_of_s > d.limit_due_s
                THEN 'not answered by ' || d.limit_due_at
                    || iif(d.extension_event IS NULL, ', and no extension is recorded', ', the end of the extension')
            WHEN d.answered_s IS NOT NULL AND e.recorded_before_s > d.limit_due_s + :proof_hours * 3600
                THEN 'claims an answer on ' || d.answered_at || '; proven only on ' || e.recorded_before_at
        END AS reason
    FROM deletions AS d
    LEFT JOIN events AS e ON e.event_id = d.answered_event
    WHERE d.law = 'gdpr'
    UNION ALL
    SELECT
        deletion, received_at, requested_event, 2,
        'recorded as due on ' || due_at || ', later than the law allows: ' || graced_due_at
    FROM deletions
    WHERE law = 'gdpr' AND due_s > graced_due_s
)
SELECT deletion AS subject, reason, received_at AS since, event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY deletion, rank
