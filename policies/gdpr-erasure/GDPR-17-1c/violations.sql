WITH mine AS (
    SELECT p.plan, p.started_index, p.started_at, min(d.deletion) AS deletion
    FROM plans AS p
    JOIN deletions AS d ON d.plan = p.plan
    WHERE d.law = :law
    GROUP BY p.plan
), gone AS (
    SELECT m.deletion, m.started_index, m.started_at, c.adapter AS artifact
    FROM mine AS m
    JOIN plan_excluded AS x ON x.plan = m.plan
    JOIN contributions AS c ON c.event_id = x.contribution_event
    UNION
    SELECT m.deletion, m.started_index, m.started_at, c.tensors
    FROM mine AS m
    JOIN plan_excluded AS x ON x.plan = m.plan
    JOIN contributions AS c ON c.event_id = x.contribution_event
    UNION
    SELECT m.deletion, m.started_index, m.started_at, a.artifact
    FROM mine AS m
    JOIN plan_artifacts AS a ON a.plan = m.plan
), judged AS (
    SELECT g.deletion, g.started_at, c.event_id, c.event_index, c.member || ' contributed it again to ' || c.round AS reason
    FROM gone AS g
    JOIN contributions AS c ON c.adapter = g.artifact AND c.event_index > g.started_index
    UNION
    SELECT g.deletion, g.started_at, c.event_id, c.event_index, c.member || ' contributed it again to ' || c.round
    FROM gone AS g
    JOIN contributions AS c ON c.tensors = g.artifact AND c.event_index > g.started_index
    UNION
    SELECT g.deletion, g.started_at, c.event_id, c.event_index, c.member || ' trained on it for ' || c.round
    FROM gone AS g
    JOIN contribution_parents AS p ON p.parent = g.artifact
    JOIN contributions AS c ON c.event_id = p.event_id AND c.event_index > g.started_index
    UNION
    SELECT g.deletion, g.started_at, m.event_id, m.event_index, 'it is the model of ' || m.round || ' again'
    FROM gone AS g
    JOIN models AS m ON m.model = g.artifact AND m.event_index > g.started_index
    UNION
    SELECT
        i.deletion, i.started_at, m.event_id, m.event_index,
        'the model of ' || m.round || ' merges an excluded contribution'
    FROM mine AS i
    JOIN plan_excluded AS x ON x.plan = i.plan
    JOIN model_contributions AS b ON b.contribution_event = x.contribution_event
    JOIN models AS m ON m.event_id = b.model_event AND m.event_index > i.started_index
    UNION
    SELECT
        d.deletion, d.completed_at, c.event_id, c.event_index,
        c.member || ' trained on shard ' || s.shard || ' of ' || s.dataset || ' for ' || c.round || ', which has no records left'
    FROM deletions AS d
    JOIN deletion_shards AS e ON e.deletion = d.deletion AND e.is_emptied = 1
    JOIN contribution_shards AS s ON s.dataset = e.dataset AND s.shard = e.shard
    JOIN contributions AS c ON c.event_id = s.event_id AND c.event_index > d.completed_index
    WHERE d.law = :law
)
SELECT deletion AS subject, reason, started_at AS since, event_id
FROM judged
ORDER BY deletion, event_index, reason
