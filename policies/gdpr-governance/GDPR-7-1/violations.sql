SELECT d.dataset AS subject, 'rests on consent, and none is recorded' AS reason, d.described_at AS since, d.event_id
FROM datasets AS d
WHERE d.is_latest = 1 AND d.basis = 'gdpr-6-1-a' AND NOT EXISTS (SELECT 1 FROM consents AS c WHERE c.dataset = d.dataset)
ORDER BY d.dataset
