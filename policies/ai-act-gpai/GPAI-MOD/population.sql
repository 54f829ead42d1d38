SELECT count(*) FROM documents WHERE kind = 'base-compute' AND is_latest = 1
