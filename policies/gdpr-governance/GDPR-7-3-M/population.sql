SELECT count(*) FROM consents WHERE withdrawn_event IS NOT NULL
