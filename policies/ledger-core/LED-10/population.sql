SELECT count(*) FROM self_tests
