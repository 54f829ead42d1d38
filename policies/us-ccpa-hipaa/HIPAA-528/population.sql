SELECT (SELECT count(*) FROM disclosures WHERE kind = 'personal-data') + (SELECT count(*) FROM accesses WHERE access = 'disclosed')
