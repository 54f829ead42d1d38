WITH used AS (
    SELECT s.dataset, min(c.committed_s) AS first_s, min(c.committed_at) AS first_at
    FROM contribution_shards AS s
    JOIN contributions AS c ON c.event_id = s.event_id
    GROUP BY s.dataset
), described AS (
    SELECT
        u.dataset, u.first_at, u.first_s, d.is_personal,
        (
            SELECT x.event_id FROM datasets AS x WHERE x.dataset = u.dataset AND x.described_s <= u.first_s ORDER BY x.event_index DESC LIMIT 1
        ) AS event_id
    FROM used AS u
    JOIN datasets AS d ON d.dataset = u.dataset AND d.is_latest = 1
)
SELECT d.dataset AS subject, 'the datasheet at first use has no part about ' || w.topic AS reason, d.first_at AS since, d.event_id
FROM described AS d
CROSS JOIN (
    SELECT 'assumptions' AS topic UNION ALL SELECT 'bias' UNION ALL SELECT 'collection' UNION ALL SELECT 'gaps'
    UNION ALL SELECT 'original-purpose' UNION ALL SELECT 'preparation' UNION ALL SELECT 'suitability'
) AS w
WHERE
    (w.topic <> 'original-purpose' OR d.is_personal = 1)
    AND NOT EXISTS (SELECT 1 FROM dataset_topics AS t WHERE t.event_id = d.event_id AND t.topic = w.topic)
ORDER BY d.dataset, w.topic
