SELECT count(*) FROM deletions WHERE ground = 'gdpr-17-1-d'
