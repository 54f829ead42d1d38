WITH judged AS (
    SELECT
        deletion, received_at, extension_event,
        CASE
            WHEN extension_told_s > graced_due_s THEN 'told on ' || extension_told_at || ', after ' || graced_due_at
            WHEN extension_due_s > extended_due_s
                THEN 'extended to ' || extension_due_at || '; the law ends at ' || extended_due_at
            WHEN extension_notice IS NULL THEN 'no notice to the person is named'
        END AS reason
    FROM deletions
    WHERE law = 'gdpr' AND extension_event IS NOT NULL
)
SELECT deletion AS subject, reason, received_at AS since, extension_event AS event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY deletion
