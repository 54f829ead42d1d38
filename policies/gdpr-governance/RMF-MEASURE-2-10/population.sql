SELECT count(*) FROM releases WHERE anonymity <> 'anonymous'
