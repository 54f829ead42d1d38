WITH judged AS (
    SELECT e.chain, e.event_index, e.claimed_at, e.event_id, 'private event on a public chain: ' || e.type AS reason
    FROM events AS e
    JOIN event_types AS t ON t.type = e.type
    WHERE e.is_public = 1 AND t.audience = 'private'
    UNION ALL
    SELECT e.chain, e.event_index, e.claimed_at, e.event_id, 'the commitment of its body is not a 256-bit value'
    FROM bodies AS b
    JOIN events AS e ON e.event_id = b.event_id
    WHERE length(b.commitment) <> 64 OR b.commitment GLOB '*[^0-9a-f]*'
    UNION ALL
    SELECT
        e.chain, e.event_index, e.claimed_at, e.event_id,
        'commits to the same value as another event: the salt is not fresh'
    FROM bodies AS b
    JOIN events AS e ON e.event_id = b.event_id
    WHERE b.commitment IN (SELECT commitment FROM bodies GROUP BY commitment HAVING count(*) > 1)
)
SELECT chain || ' leaf ' || event_index AS subject, reason, claimed_at AS since, event_id
FROM judged
ORDER BY chain, event_index, reason
