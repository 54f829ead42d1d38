SELECT count(*) FROM waivers
