SELECT
    deletion AS subject, 'refused on ' || decided_at || ', after ' || graced_due_at AS reason,
    received_at AS since, decided_event AS event_id
FROM deletions
WHERE law = 'gdpr' AND decision = 'refused' AND decided_s > graced_due_s
ORDER BY deletion
