SELECT DISTINCT d.dataset AS subject, 'holds health information and is ' || iif(d.deidentification = 'none', 'not de-identified', d.deidentification || ' only') AS reason, d.described_at AS since, d.event_id
FROM datasets AS d
JOIN contribution_shards AS s ON s.dataset = d.dataset
WHERE d.is_latest = 1 AND d.has_health_information = 1 AND d.deidentification NOT IN ('hipaa-expert', 'hipaa-safe-harbor')
ORDER BY d.dataset
