SELECT count(*) FROM models WHERE state = 'current'
