SELECT deletion AS subject, 'refused, and no office reviewed it' AS reason, decided_at AS since, decided_event AS event_id
FROM deletions
WHERE decision = 'refused' AND refusal_reviewer IS NULL
ORDER BY deletion
