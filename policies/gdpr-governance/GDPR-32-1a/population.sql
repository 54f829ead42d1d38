SELECT count(*) FROM keys WHERE revoked_index IS NULL AND purpose <> 'encryption'
