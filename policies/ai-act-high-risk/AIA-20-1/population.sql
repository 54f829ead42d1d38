SELECT count(*) FROM models AS m JOIN handovers AS x ON x.artifact = m.model WHERE m.state = 'recalled'
