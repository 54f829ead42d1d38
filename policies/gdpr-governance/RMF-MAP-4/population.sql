SELECT count(*) FROM datasets WHERE is_latest = 1 AND source IN ('third-party', 'public-sources')
