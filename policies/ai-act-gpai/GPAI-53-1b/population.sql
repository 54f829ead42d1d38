SELECT count(*) FROM disclosures WHERE kind = 'adapter' AND category = 'downstream-provider'
