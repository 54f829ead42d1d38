SELECT DISTINCT
    r.release || ': ' || s.dataset AS subject,
    'released for ' || r.purpose || ', which is no purpose of ' || s.dataset AS reason,
    r.released_at AS since,
    r.event_id
FROM releases AS r
JOIN model_contributions AS m ON m.model_event = r.model_event
JOIN contribution_shards AS s ON s.event_id = m.contribution_event
JOIN datasets AS d ON d.dataset = s.dataset AND d.event_id = (
    SELECT x.event_id
    FROM datasets AS x
    WHERE x.dataset = s.dataset AND x.described_s <= r.released_s
    ORDER BY x.event_index DESC
    LIMIT 1
)
WHERE NOT EXISTS (SELECT 1 FROM dataset_purposes AS p WHERE p.event_id = d.event_id AND p.purpose = r.purpose)
ORDER BY subject, r.event_id
