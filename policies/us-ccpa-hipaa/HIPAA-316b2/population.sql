SELECT count(*)
FROM bodies AS b
JOIN events AS e ON e.event_id = b.event_id
WHERE e.type IN ('access-recorded', 'consent-recorded', 'dataset-described', 'document-recorded', 'incident-detected', 'incident-handled', 'notice-sent', 'recipients-asked')
