SELECT count(*) FROM models WHERE state = 'current' AND contributions > 1
