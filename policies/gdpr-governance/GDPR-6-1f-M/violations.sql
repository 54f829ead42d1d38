SELECT d.dataset AS subject, 'rests on legitimate interests, and the datasheet has no assessment of them' AS reason, d.described_at AS since, d.event_id
FROM datasets AS d
WHERE
    d.is_latest = 1 AND d.basis = 'gdpr-6-1-f'
    AND NOT EXISTS (SELECT 1 FROM dataset_topics AS t WHERE t.event_id = d.event_id AND t.topic = 'legitimate-interests')
ORDER BY d.dataset
