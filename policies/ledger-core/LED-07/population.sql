SELECT count(*) FROM events WHERE is_public = 1
