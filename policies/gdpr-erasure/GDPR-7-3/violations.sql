SELECT DISTINCT
    w.consent || ': ' || c.round AS subject,
    'trained on ' || w.dataset || ' after the withdrawal of ' || w.withdrawn_at || ', and no request is recorded before it' AS reason,
    c.committed_at AS since,
    c.event_id
FROM consents AS w
JOIN contribution_shards AS s ON s.dataset = w.dataset
JOIN contributions AS c ON c.event_id = s.event_id
WHERE
    w.withdrawn_s < c.committed_s
    AND NOT EXISTS (
        SELECT 1
        FROM deletions AS d
        WHERE
            d.member = c.member AND d.ground = 'gdpr-17-1-b' AND d.received_s >= w.withdrawn_s - :days * 86400
            AND d.requested_index < c.event_index
    )
ORDER BY subject, c.event_id
