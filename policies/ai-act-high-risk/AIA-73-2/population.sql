SELECT count(*) FROM incidents WHERE serious_due_s IS NOT NULL
