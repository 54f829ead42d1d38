SELECT d.dataset AS subject, iif(d.retain_until_s IS NULL, 'no end is recorded', 'its end was ' || d.retain_until_at || ', and a current model rests on it') AS reason, d.described_at AS since, d.event_id
FROM datasets AS d
WHERE
    d.is_latest = 1 AND d.special_condition = 'ai-act-4a'
    AND (d.retain_until_s IS NULL OR d.retain_until_s < :as_of_s AND EXISTS (
        SELECT 1
        FROM contribution_shards AS s
        JOIN model_contributions AS b ON b.contribution_event = s.event_id
        JOIN models AS m ON m.event_id = b.model_event AND m.state = 'current'
        WHERE s.dataset = d.dataset
    ))
ORDER BY d.dataset
