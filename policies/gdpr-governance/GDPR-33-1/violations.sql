WITH judged AS (
    SELECT
        i.*,
        (SELECT min(s.done_s) FROM incident_steps AS s WHERE s.incident = i.incident AND s.step = 'authority-notified') AS told_s,
        (SELECT min(s.done_at) FROM incident_steps AS s WHERE s.incident = i.incident AND s.step = 'authority-notified') AS told_at
    FROM incidents AS i
    WHERE
        i.kind = 'personal-data-breach' AND i.part = 'controller'
        AND NOT EXISTS (SELECT 1 FROM incident_steps AS s WHERE s.incident = i.incident AND s.risk = 'unlikely')
)
SELECT
    incident AS subject,
    CASE
        WHEN told_s IS NULL THEN 'the authority was not told by ' || breach_due_at
        ELSE 'the authority was told on ' || told_at || ', after ' || breach_due_at || ', and no reason is recorded'
    END AS reason,
    aware_at AS since, event_id
FROM judged
WHERE
    coalesce(told_s, :as_of_s) > breach_due_s
    AND (told_s IS NULL OR NOT EXISTS (SELECT 1 FROM incident_steps AS s WHERE s.incident = judged.incident AND s.step = 'explained'))
ORDER BY incident
