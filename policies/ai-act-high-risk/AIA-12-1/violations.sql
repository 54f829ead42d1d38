WITH timeline AS (
    SELECT
        chain, event_index, event_id, claimed_at, claimed_s,
        coalesce(lead(claimed_s) OVER (ORDER BY event_index), :as_of_s) AS next_s,
        lead(event_id) OVER (ORDER BY event_index) AS next_event
    FROM events
    WHERE is_public = 1
)
SELECT
    chain || ' leaf ' || event_index AS subject,
    iif(next_event IS NULL, 'nothing was recorded since, for ', 'nothing was recorded after it for ')
        || ((next_s - claimed_s) / 86400) || ' days' AS reason,
    claimed_at AS since,
    event_id
FROM timeline
WHERE event_index >= (SELECT min(event_index) FROM models) AND next_s - claimed_s > :gap_days * 86400
ORDER BY event_index
