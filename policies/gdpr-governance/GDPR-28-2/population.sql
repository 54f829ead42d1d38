SELECT count(*) FROM handovers WHERE category = 'sub-processor'
