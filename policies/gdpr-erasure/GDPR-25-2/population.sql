SELECT (SELECT count(*) FROM deletions) + (SELECT count(*) FROM consents) + (SELECT count(*) FROM restrictions)
