SELECT count(*) FROM deletions WHERE law = 'gdpr' AND extension_event IS NOT NULL
