SELECT count(*) FROM documents AS d JOIN releases AS r ON r.model = d.model AND r.risk_class = 'high-risk' WHERE d.kind = 'technical-documentation' AND d.is_latest = 1
