SELECT DISTINCT
    r.restriction || ': ' || c.round AS subject,
    'trained on ' || r.dataset || ' while it was restricted' AS reason,
    c.committed_at AS since,
    c.event_id
FROM restrictions AS r
JOIN contribution_shards AS s ON s.dataset = r.dataset
JOIN contributions AS c ON c.event_id = s.event_id
WHERE r.right = 'restriction' AND c.committed_s > r.applied_s AND c.committed_s < coalesce(r.ended_s, :as_of_s)
ORDER BY subject, c.event_id
