SELECT count(*) FROM mitigations
