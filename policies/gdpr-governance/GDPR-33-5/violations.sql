SELECT i.incident AS subject, 'open for ' || ((:as_of_s - i.aware_s) / 86400) || ' days' AS reason, i.aware_at AS since, i.event_id
FROM incidents AS i
WHERE
    :as_of_s - i.aware_s > :days * 86400
    AND NOT EXISTS (SELECT 1 FROM incident_steps AS s WHERE s.incident = i.incident AND s.step = 'closed')
ORDER BY i.incident
