SELECT count(*) FROM datasets WHERE is_latest = 1 AND has_special_categories = 1
