SELECT count(*) FROM documents WHERE kind = 'dpia' AND residual_risk = 'high'
