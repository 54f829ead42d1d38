SELECT
    d.deletion AS subject,
    CASE
        WHEN NOT EXISTS (SELECT 1 FROM identity_checks AS i WHERE i.deletion = d.deletion AND i.step = 'asked')
            THEN 'refused as not identified, and nobody was asked'
        ELSE 'refused as not identified while the question was open or after it was answered'
    END AS reason,
    d.decided_at AS since,
    d.decided_event AS event_id
FROM deletions AS d
WHERE
    d.law = 'gdpr' AND d.refusal_ground = 'gdpr-12-2'
    AND coalesce((
        SELECT i.step
        FROM identity_checks AS i
        WHERE i.deletion = d.deletion AND i.event_index < d.decided_index
        ORDER BY i.event_index DESC
        LIMIT 1
    ), '') <> 'unconfirmed'
ORDER BY d.deletion
