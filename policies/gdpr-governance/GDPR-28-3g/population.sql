SELECT count(*) FROM documents WHERE kind = 'agreement-processor' AND is_latest = 1 AND until_s IS NOT NULL
