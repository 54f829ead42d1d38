SELECT count(*) FROM deletions WHERE law = 'gdpr'
