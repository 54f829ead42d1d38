SELECT DISTINCT
    d.dataset || ': ' || c.round AS subject,
    'its retention ended on ' || d.retain_until_at || ', and a current model rests on it' AS reason,
    d.retain_until_at AS since,
    m.event_id
FROM datasets AS d
JOIN contribution_shards AS s ON s.dataset = d.dataset
JOIN contributions AS c ON c.event_id = s.event_id
JOIN model_contributions AS b ON b.contribution_event = c.event_id
JOIN models AS m ON m.event_id = b.model_event AND m.state = 'current'
WHERE
    d.is_latest = 1 AND d.retain_until_s < :as_of_s
    AND NOT EXISTS (
        SELECT 1 FROM holds AS h WHERE h.dataset = d.dataset AND h.released_event IS NULL AND h.ends_s >= :as_of_s
    )
ORDER BY subject, m.event_id
