SELECT (SELECT count(*) FROM deletions WHERE law = 'gdpr' AND decision = 'refused') + (SELECT count(*) FROM holds WHERE ground = 'gdpr-17-3-e')
