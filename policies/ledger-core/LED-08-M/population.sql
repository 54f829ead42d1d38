SELECT count(*) FROM accesses
