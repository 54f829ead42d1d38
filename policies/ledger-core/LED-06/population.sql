SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM refusals)
