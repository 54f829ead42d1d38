SELECT count(*) FROM deletions WHERE law = 'ccpa'
