SELECT (SELECT count(*) FROM handovers WHERE kind = 'personal-data') + (SELECT count(*) FROM accesses WHERE access = 'disclosed')
