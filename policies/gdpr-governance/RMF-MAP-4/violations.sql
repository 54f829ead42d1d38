SELECT dataset AS subject, 'comes from ' || source || ' under an unknown licence' AS reason, described_at AS since, event_id
FROM datasets
WHERE is_latest = 1 AND source IN ('third-party', 'public-sources') AND licence = 'unknown'
ORDER BY dataset
