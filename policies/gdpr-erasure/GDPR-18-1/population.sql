SELECT count(*) FROM restrictions WHERE right = 'restriction'
