SELECT
    u.deletion || ': ' || u.recipient AS subject,
    iif(u.notice_event IS NULL, 'not told', 'told on ' || u.notified_at) || ', completed on ' || d.completed_at AS reason,
    d.completed_at AS since,
    coalesce(u.notice_event, u.handover_event) AS event_id
FROM recipient_duties AS u
JOIN deletions AS d ON d.deletion = u.deletion
WHERE d.law = :law AND d.completed_s IS NOT NULL AND coalesce(u.notified_s, :as_of_s) - d.completed_s > :days * 86400
ORDER BY u.deletion, u.recipient
