SELECT
    u.deletion || ': ' || u.recipient AS subject,
    iif(u.result IS NULL, 'no answer', 'the answer is ' || u.result) || ' ' || ((:as_of_s - u.notified_s) / 86400) || ' days after the notice' AS reason,
    u.notified_at AS since,
    coalesce(u.answer_event, u.notice_event) AS event_id
FROM recipient_duties AS u
JOIN deletions AS d ON d.deletion = u.deletion
WHERE
    d.law = 'gdpr' AND u.outcome = 'notified' AND coalesce(u.result, '') NOT IN ('deleted', 'not-held')
    AND :as_of_s - u.notified_s > :days * 86400
ORDER BY u.deletion, u.recipient
