WITH judged AS (
    SELECT
        e.chain, e.event_index, e.claimed_at, e.event_id,
        CASE
            WHEN t.type IS NULL THEN 'unknown type ' || e.type
            WHEN t.version <> e.version THEN 'version ' || e.version || ' of ' || e.type || ' is unknown'
            WHEN t.audience <> iif(e.is_public = 1, 'public', 'private')
                THEN 'events of type ' || e.type || ' are ' || t.audience
            WHEN t.has_body = 1 AND e.body_commitment IS NULL THEN e.type || ' without a body'
            WHEN t.has_body = 0 AND e.body_commitment IS NOT NULL THEN e.type || ' with a body'
        END AS reason
    FROM events AS e
    LEFT JOIN event_types AS t ON t.type = e.type
    UNION ALL
    SELECT chain, event_index, NULL, event_id, 'refused: ' || reason
    FROM refusals
)
SELECT chain || ' leaf ' || event_index AS subject, reason, claimed_at AS since, event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY chain, event_index, reason
