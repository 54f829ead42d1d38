SELECT r.release AS subject, 'called anonymous without an assessment before' AS reason, r.released_at AS since, r.event_id
FROM releases AS r
WHERE
    r.anonymity = 'anonymous'
    AND NOT EXISTS (
        SELECT 1 FROM documents AS a WHERE a.kind = 'anonymity-assessment' AND a.model = r.model AND a.event_index < r.event_index
    )
ORDER BY r.event_index
