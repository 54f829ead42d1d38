SELECT count(*) FROM incidents WHERE part = 'processor' AND persons_due_s IS NOT NULL
