SELECT count(*) FROM models AS m JOIN disclosures AS x ON x.artifact = m.model WHERE m.state = 'recalled'
