WITH placed AS (
    SELECT
        chain, event_index, event_id, author, sequence, previous_event, claimed_at,
        coalesce(lag(event_index) OVER by_chain + 1, 0) AS expected_index,
        coalesce(lag(sequence) OVER by_author + 1, 0) AS expected_sequence,
        lag(event_id) OVER by_author AS expected_previous
    FROM events
    WINDOW
        by_chain AS (PARTITION BY chain ORDER BY event_index, event_id),
        by_author AS (PARTITION BY chain, author ORDER BY event_index, event_id)
)
SELECT
    chain || ' leaf ' || event_index AS subject,
    CASE
        WHEN event_index <> expected_index THEN 'stands where leaf ' || expected_index || ' should'
        WHEN sequence <> expected_sequence
            THEN author || ' counts ' || sequence || ' where ' || expected_sequence || ' should stand'
        ELSE 'does not name the event of ' || author || ' before it'
    END AS reason,
    claimed_at AS since,
    event_id
FROM placed
WHERE event_index <> expected_index OR sequence <> expected_sequence OR previous_event IS NOT expected_previous
ORDER BY chain, event_index, event_id
