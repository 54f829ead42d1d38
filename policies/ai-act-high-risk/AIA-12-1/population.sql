SELECT count(*) FROM models
