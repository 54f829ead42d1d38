SELECT count(*) FROM deletions WHERE decision = 'refused'
