SELECT i.incident AS subject, 'the risk is high, and persons were not told' AS reason, i.aware_at AS since, i.event_id
FROM incidents AS i
WHERE
    i.part = 'controller' AND EXISTS (SELECT 1 FROM incident_steps AS s WHERE s.incident = i.incident AND s.risk = 'high')
    AND NOT EXISTS (SELECT 1 FROM incident_steps AS s WHERE s.incident = i.incident AND s.step IN ('persons-notified', 'explained'))
ORDER BY i.incident
