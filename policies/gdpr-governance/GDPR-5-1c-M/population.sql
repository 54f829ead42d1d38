SELECT count(*) FROM datasets WHERE is_latest = 1 AND is_personal = 1
