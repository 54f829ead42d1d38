SELECT count(*) FROM datasets WHERE is_latest = 1 AND special_condition = 'ai-act-4a'
