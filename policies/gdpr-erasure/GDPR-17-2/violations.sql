SELECT
    u.deletion || ': ' || u.recipient AS subject, 'handed to the public, and no step is recorded' AS reason,
    d.completed_at AS since, u.handover_event AS event_id
FROM recipient_duties AS u
JOIN deletions AS d ON d.deletion = u.deletion
WHERE
    d.law = 'gdpr' AND d.completed_s IS NOT NULL AND u.notice_event IS NULL
    AND EXISTS (SELECT 1 FROM handovers AS x WHERE x.recipient = u.recipient AND x.category = 'public')
ORDER BY u.deletion, u.recipient
