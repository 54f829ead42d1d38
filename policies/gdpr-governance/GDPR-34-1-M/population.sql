SELECT count(*) FROM incidents AS i WHERE i.part = 'controller' AND EXISTS (SELECT 1 FROM incident_steps AS s WHERE s.incident = i.incident AND s.risk = 'high')
