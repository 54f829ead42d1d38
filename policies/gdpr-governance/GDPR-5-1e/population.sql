SELECT count(*) FROM datasets WHERE is_latest = 1 AND retain_until_s IS NOT NULL
