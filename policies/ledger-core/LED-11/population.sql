SELECT count(*) FROM deletions WHERE plan IS NOT NULL
