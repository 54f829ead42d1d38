SELECT count(*) FROM contribution_shards AS s JOIN datasets AS d ON d.dataset = s.dataset AND d.is_latest = 1
