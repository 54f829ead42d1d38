SELECT count(*) FROM deletions WHERE law = 'gdpr' AND refusal_ground = 'gdpr-12-2'
