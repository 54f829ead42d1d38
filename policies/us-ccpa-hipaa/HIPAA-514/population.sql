SELECT count(*) FROM datasets AS d JOIN contribution_shards AS s ON s.dataset = d.dataset WHERE d.is_latest = 1 AND d.has_health_information = 1
