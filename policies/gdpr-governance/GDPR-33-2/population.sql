SELECT count(*) FROM incidents WHERE kind = 'personal-data-breach' AND part = 'processor'
