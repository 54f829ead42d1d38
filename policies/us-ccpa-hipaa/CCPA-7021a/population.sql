SELECT count(*) FROM deletions AS d WHERE d.law = 'ccpa' AND EXISTS (SELECT 1 FROM scopes AS s WHERE s.deletion = d.deletion)
