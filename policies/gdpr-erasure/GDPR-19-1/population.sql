SELECT count(*) FROM recipient_duties AS u JOIN deletions AS d ON d.deletion = u.deletion WHERE d.law = :law AND d.completed_s IS NOT NULL
