SELECT count(*) FROM restrictions WHERE right = 'restriction' AND end = 'lifted'
