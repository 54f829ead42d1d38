SELECT count(*) FROM contributions
