SELECT count(*) FROM model_contributions
