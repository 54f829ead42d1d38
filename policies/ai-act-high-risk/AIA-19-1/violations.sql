SELECT
    e.chain || ' leaf ' || e.event_index AS subject,
    'its body was erased ' || ((b.erased_s - e.claimed_s) / 86400) || ' days after it' AS reason,
    b.erased_at AS since,
    b.erased_event AS event_id
FROM bodies AS b
JOIN events AS e ON e.event_id = b.event_id
WHERE e.type <> 'deletion-scoped' AND b.erased_s - e.claimed_s < :days * 86400
ORDER BY e.chain, e.event_index
