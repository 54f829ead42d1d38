WITH RECURSIVE edges(source, target) AS (
    SELECT contribution_event, model_event
    FROM model_contributions
    UNION ALL
    SELECT m.event_id, c.event_id
    FROM contribution_parents AS p
    JOIN models AS m ON m.model = p.parent
    JOIN contributions AS c ON c.event_id = p.event_id AND c.event_index > m.event_index
    UNION ALL
    SELECT a.event_id, c.event_id
    FROM contribution_parents AS p
    JOIN contributions AS a ON a.adapter = p.parent
    JOIN contributions AS c ON c.event_id = p.event_id AND c.event_index > a.event_index
), done AS (
    SELECT DISTINCT plan, deletion, completed_at
    FROM deletions
    WHERE law = :law AND completed_event IS NOT NULL
), affected(plan, node) AS (
    SELECT x.plan, x.contribution_event
    FROM plan_excluded AS x
    WHERE x.plan IN (SELECT plan FROM done)
    UNION
    SELECT a.plan, e.target
    FROM affected AS a
    JOIN edges AS e ON e.source = a.node
), judged AS (
    SELECT
        d.deletion, d.completed_at, m.event_id, m.event_index,
        'the model ' || substr(m.model, 1, 16) || ' of ' || m.round || ' is still ' || m.state AS reason
    FROM affected AS a
    JOIN models AS m ON m.event_id = a.node AND m.state IN ('current', 'suppressed')
    JOIN done AS d ON d.plan = a.plan
    UNION ALL
    SELECT
        d.deletion, d.completed_at, c.event_id, c.event_index,
        'the contribution of ' || c.member || ' to ' || c.round || ' was trained on what was deleted, '
            || iif(c.affected_by IS NULL, 'and nothing says what became of it', 'is left out of later models and still exists')
    FROM affected AS a
    JOIN contributions AS c ON c.event_id = a.node AND c.excluded_by IS NULL
    JOIN done AS d ON d.plan = a.plan
    UNION ALL
    SELECT
        d.deletion, d.completed_at, t.event_id, t.event_index,
        t.member || ' trained the contribution of ' || c.member || ' to ' || c.round || ' again and got other bytes' AS reason
    FROM training_attestations AS t
    JOIN contributions AS c ON c.event_id = t.contribution_event
    JOIN done AS d ON d.plan = t.plan
    WHERE t.outcome = 'different' AND t.is_latest = 1
)
SELECT deletion AS subject, reason, completed_at AS since, event_id
FROM judged
ORDER BY deletion, event_index
