SELECT count(*) FROM deletions WHERE law = 'gdpr' AND decision = 'refused'
