SELECT count(*) FROM consents WHERE withdrawn_s IS NOT NULL
