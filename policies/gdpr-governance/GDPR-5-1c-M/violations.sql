SELECT d.dataset AS subject, 'the datasheet has no part about minimisation' AS reason, d.described_at AS since, d.event_id
FROM datasets AS d
WHERE
    d.is_latest = 1 AND d.is_personal = 1
    AND NOT EXISTS (SELECT 1 FROM dataset_topics AS t WHERE t.event_id = d.event_id AND t.topic = 'minimisation')
ORDER BY d.dataset
