SELECT subject, reason, since, event_id
FROM (
    SELECT
        e.chain || ' leaf ' || e.event_index AS subject,
        'its body was erased on ' || b.erased_at || ', less than ' || :years || ' years after it' AS reason,
        b.erased_at AS since, b.erased_event AS event_id
    FROM bodies AS b
    JOIN events AS e ON e.event_id = b.event_id
    WHERE
        e.type IN ('access-recorded', 'consent-recorded', 'dataset-described', 'document-recorded', 'incident-detected', 'incident-handled', 'notice-sent', 'recipients-asked')
        AND b.erased_at < (substr(e.claimed_at, 1, 4) + :years) || substr(e.claimed_at, 5)
    UNION ALL
    SELECT
        document, 'is kept until ' || retain_until_at || ', less than ' || :years || ' years after ' || recorded_at, recorded_at, event_id
    FROM documents
    WHERE is_latest = 1 AND retain_until_at < (substr(recorded_at, 1, 4) + :years) || substr(recorded_at, 5)
)
ORDER BY subject
