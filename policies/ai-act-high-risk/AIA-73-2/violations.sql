WITH told AS (
    SELECT i.*, (SELECT min(s.done_s) FROM incident_steps AS s WHERE s.incident = i.incident AND s.step = 'authority-notified') AS told_s
    FROM incidents AS i
    WHERE i.serious_due_s IS NOT NULL
)
SELECT incident AS subject, iif(told_s IS NULL, 'not reported by ', 'reported after ') || serious_due_at AS reason, aware_at AS since, event_id
FROM told
WHERE coalesce(told_s, :as_of_s) > serious_due_s
ORDER BY incident
