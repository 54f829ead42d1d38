SELECT count(*) FROM scopes AS s JOIN deletions AS d ON d.deletion = s.deletion WHERE d.completed_s IS NOT NULL
