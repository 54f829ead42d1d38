SELECT
    deletion AS subject,
    CASE
        WHEN received_s = 0 THEN 'no date of receipt'
        WHEN ground = '' THEN 'no nature of the request'
        WHEN answered_s IS NULL THEN 'a state of ' || state || ' without the date of an answer'
        ELSE 'an answer without its nature'
    END AS reason,
    requested_at AS since,
    requested_event AS event_id
FROM deletions
WHERE
    law = 'ccpa'
    AND (
        received_s = 0 OR ground = ''
        OR state IN ('refused', 'completed', 'certified') AND answered_s IS NULL
        OR answered_s IS NOT NULL AND outcome IS NULL AND decision IS NOT 'refused'
    )
ORDER BY deletion
