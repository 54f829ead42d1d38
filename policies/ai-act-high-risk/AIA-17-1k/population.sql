SELECT count(*) FROM releases WHERE risk_class = 'high-risk'
