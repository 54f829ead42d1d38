WITH used AS (
    SELECT s.dataset, min(c.committed_s) AS first_s, min(c.committed_at) AS first_at, min(c.event_id) AS any_event
    FROM contribution_shards AS s
    JOIN contributions AS c ON c.event_id = s.event_id
    WHERE c.member IN (SELECT k.operator FROM chains AS k WHERE k.origin IN (SELECT e.chain FROM events AS e WHERE e.is_public = 0))
    GROUP BY s.dataset
)
SELECT
    u.dataset AS subject,
    CASE
        WHEN NOT EXISTS (SELECT 1 FROM datasets AS d WHERE d.dataset = u.dataset AND d.described_s <= u.first_s)
            THEN 'used on ' || u.first_at || ' before it was described'
        ELSE 'has personal data in it and no legal basis'
    END AS reason,
    u.first_at AS since,
    u.any_event AS event_id
FROM used AS u
WHERE NOT EXISTS (
    SELECT 1
    FROM datasets AS d
    WHERE d.dataset = u.dataset AND d.described_s <= u.first_s AND (d.is_personal = 0 OR d.basis IS NOT NULL)
)
ORDER BY u.dataset
