SELECT count(*) FROM documents AS d WHERE d.kind = 'technical-documentation' AND d.is_latest = 1 AND EXISTS (SELECT 1 FROM releases AS r WHERE r.model = d.model AND r.risk_class = 'high-risk')
