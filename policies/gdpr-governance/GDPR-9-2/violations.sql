SELECT dataset AS subject, 'special categories without a condition' AS reason, described_at AS since, event_id
FROM datasets
WHERE is_latest = 1 AND has_special_categories = 1 AND special_condition IS NULL
ORDER BY dataset
