WITH told AS (
    SELECT i.*, (SELECT min(s.done_s) FROM incident_steps AS s WHERE s.incident = i.incident AND s.step = 'controller-notified') AS told_s
    FROM incidents AS i
    WHERE i.kind = 'personal-data-breach' AND i.part = 'processor'
)
SELECT
    incident AS subject,
    iif(told_s IS NULL, 'the controller was not told', 'the controller was told ' || ((told_s - aware_s) / 3600) || ' hours later') AS reason,
    aware_at AS since, event_id
FROM told
WHERE coalesce(told_s, :as_of_s) - aware_s > :hours * 3600
ORDER BY incident
