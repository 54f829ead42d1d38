SELECT count(*) FROM handovers WHERE kind = 'adapter' AND category = 'downstream-provider'
