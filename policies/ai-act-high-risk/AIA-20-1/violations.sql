SELECT DISTINCT
    m.round || ': ' || x.recipient AS subject, 'got a model that was recalled on ' || m.recalled_at || ' and was not told in time' AS reason, m.recalled_at AS since, m.recalled_event AS event_id
FROM models AS m
JOIN handovers AS x ON x.kind = 'adapter' AND x.artifact = m.model
WHERE
    m.state = 'recalled' AND m.recalled_s + :days * 86400 < :as_of_s
    AND NOT EXISTS (
        SELECT 1 FROM recipient_duties AS u WHERE u.recipient = x.recipient AND u.notified_s <= m.recalled_s + :days * 86400 AND u.deletion IN (
            SELECT p.deletion FROM plan_deletions AS p JOIN plan_models AS q ON q.plan = p.plan WHERE q.model_event = m.event_id
        )
    )
ORDER BY subject
