SELECT count(*) FROM handovers WHERE is_in_eea = 0 AND kind IN ('adapter', 'personal-data')
