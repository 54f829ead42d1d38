SELECT count(*) FROM restrictions WHERE right = :right
