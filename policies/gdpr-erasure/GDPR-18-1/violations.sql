WITH used AS (
    SELECT s.dataset, c.round, c.committed_at AS at, c.committed_s AS s, c.event_id
    FROM contribution_shards AS s
    JOIN contributions AS c ON c.event_id = s.event_id
    UNION
    SELECT dataset, round, trained_at, trained_s, event_id FROM shard_runs
)
SELECT DISTINCT
    r.restriction || ': ' || u.round AS subject,
    'trained on ' || r.dataset || ' while its ' || r.right || ' was open' AS reason,
    u.at AS since,
    u.event_id
FROM restrictions AS r
JOIN used AS u ON u.dataset = r.dataset
WHERE r.right = :right AND u.s > r.applied_s AND u.s < coalesce(r.ended_s, :as_of_s)
ORDER BY subject, u.event_id
