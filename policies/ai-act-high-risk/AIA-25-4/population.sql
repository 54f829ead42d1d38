SELECT count(*) FROM rounds AS r WHERE EXISTS (SELECT 1 FROM releases AS v WHERE v.round = r.round AND v.risk_class = 'high-risk')
