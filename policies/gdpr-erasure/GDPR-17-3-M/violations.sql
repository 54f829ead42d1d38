SELECT
    deletion AS subject, 'refused by one member alone' AS reason, decided_at AS since, decided_event AS event_id
FROM deletions
WHERE law = 'gdpr' AND decision = 'refused' AND coalesce(decided_members, 0) < 2
ORDER BY deletion
