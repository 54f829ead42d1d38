SELECT count(*) FROM restrictions WHERE right = 'objection'
