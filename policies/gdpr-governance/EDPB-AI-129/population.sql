SELECT count(*) FROM rounds
