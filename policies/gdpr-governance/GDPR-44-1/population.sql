SELECT count(*) FROM disclosures WHERE is_in_eea = 0 AND kind IN ('adapter', 'personal-data')
