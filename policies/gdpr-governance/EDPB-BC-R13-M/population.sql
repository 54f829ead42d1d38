SELECT count(*) FROM keys
