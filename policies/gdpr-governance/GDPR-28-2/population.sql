SELECT count(*) FROM disclosures WHERE category = 'sub-processor'
