SELECT count(*) FROM checkpoints
