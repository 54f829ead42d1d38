WITH last AS (
    SELECT l.chain, max(c.proven_s) AS proven_s, max(c.proven_at) AS proven_at
    FROM ledger AS l
    LEFT JOIN checkpoints AS c ON c.chain = l.chain AND c.proven_s <= :as_of_s
    GROUP BY l.chain
)
SELECT
    chain AS subject,
    CASE
        WHEN proven_s IS NULL THEN 'no checkpoint has its quorum of witnesses'
        ELSE 'last cosigned ' || ((:as_of_s - proven_s) / 86400) || ' days ago'
    END AS reason,
    proven_at AS since,
    NULL AS event_id
FROM last
WHERE coalesce(:as_of_s - proven_s > :days * 86400, 1)
ORDER BY chain
