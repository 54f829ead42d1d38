SELECT count(*) FROM bodies
