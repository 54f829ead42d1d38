SELECT subject, reason, since, event_id
FROM (
    SELECT
        deletion AS subject,
        iif(refusal_ground IS NULL, 'names no ground', 'names no office that reviewed it') AS reason,
        decided_at AS since, decided_event AS event_id
    FROM deletions
    WHERE law = 'gdpr' AND decision = 'refused' AND (refusal_ground IS NULL OR refusal_reviewer IS NULL)
    UNION ALL
    SELECT h.hold, 'the hold ended on ' || h.ends_at || ' and nobody reviewed its end', h.ends_at, h.event_id
    FROM holds AS h
    WHERE h.ground = 'gdpr-17-3-e' AND h.released_event IS NULL AND :as_of_s - h.ends_s > :days * 86400
)
ORDER BY subject
