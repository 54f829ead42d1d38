SELECT
    d.deletion AS subject,
    iif(d.decision IS NULL, 'not decided ', 'accepted and not started ') || ((:as_of_s - d.received_s) / 86400) || ' days after receipt' AS reason,
    d.received_at AS since,
    coalesce(d.decided_event, d.requested_event) AS event_id
FROM deletions AS d
LEFT JOIN plans AS p ON p.plan = d.plan
WHERE
    d.ground = 'gdpr-17-1-d' AND coalesce(d.decision, '') <> 'refused' AND p.plan IS NULL
    AND :as_of_s - d.received_s > :days * 86400
ORDER BY d.deletion
