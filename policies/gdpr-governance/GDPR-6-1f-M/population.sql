SELECT count(*) FROM datasets WHERE is_latest = 1 AND basis = 'gdpr-6-1-f'
