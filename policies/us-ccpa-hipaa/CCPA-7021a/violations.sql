WITH told AS (
    SELECT
        d.deletion, d.received_at, d.requested_event, d.acknowledge_due_s, d.acknowledge_due_at,
        min(coalesce((SELECT min(n.sent_s) FROM notices AS n WHERE n.deletion = d.deletion), 9999999999), coalesce(d.answered_s, 9999999999)) AS told_s
    FROM deletions AS d
    WHERE d.law = 'ccpa' AND d.acknowledge_due_s IS NOT NULL AND EXISTS (SELECT 1 FROM scopes AS s WHERE s.deletion = d.deletion)
)
SELECT deletion AS subject, 'receipt not confirmed by ' || acknowledge_due_at AS reason, received_at AS since, requested_event AS event_id
FROM told
WHERE min(told_s, :as_of_s) > acknowledge_due_s
ORDER BY deletion
