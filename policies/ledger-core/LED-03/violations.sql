SELECT
    chain || ' leaf ' || event_index AS subject,
    CASE
        WHEN covered_size IS NULL THEN 'no checkpoint covers it'
        WHEN recorded_before_s IS NULL THEN 'no checkpoint that covers it has its quorum of witnesses'
        ELSE 'covered ' || ((recorded_before_s - claimed_s) / 3600) || ' hours after the time it claims'
    END AS reason,
    claimed_at AS since,
    event_id
FROM events
WHERE is_public = 1 AND coalesce(recorded_before_s, :as_of_s) - claimed_s > :hours * 3600
ORDER BY event_index
