WITH polls AS (
    SELECT recorded_s, recorded_at, event_id, lead(recorded_s) OVER (ORDER BY recorded_s, event_index) AS next_s
    FROM documents
    WHERE kind = 'deletion-list-poll'
)
SELECT subject, reason, since, event_id
FROM (
    SELECT 'deletion list' AS subject, 'no fetch is recorded' AS reason, NULL AS since, NULL AS event_id
    FROM ledger
    WHERE NOT EXISTS (SELECT 1 FROM polls)
    UNION ALL
    SELECT
        'deletion list',
        iif(next_s IS NULL, 'not fetched again for ', 'fetched again only after ') || ((coalesce(next_s, :as_of_s) - recorded_s) / 86400) || ' days',
        recorded_at, event_id
    FROM polls
    WHERE coalesce(next_s, :as_of_s) - recorded_s > :days * 86400
)
ORDER BY since
