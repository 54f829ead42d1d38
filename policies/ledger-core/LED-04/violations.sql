WITH problems AS (
    SELECT
        chain, size, 0 AS rank, chain || ' size ' || size AS subject,
        count(DISTINCT root) || ' different roots for one size: two histories' AS reason, min(proven_at) AS since
    FROM checkpoints
    GROUP BY chain, size
    HAVING count(DISTINCT root) > 1
    UNION ALL
    SELECT
        chain, size, 1, chain || ' size ' || size || ' from ' || source,
        CASE
            WHEN extends_chain = 0 THEN 'the chain here has another root at this size'
            ELSE 'nobody compared it with the chain here'
        END,
        proven_at
    FROM checkpoints
    WHERE extends_chain IS NOT 1
)
SELECT subject, reason, since, NULL AS event_id
FROM problems
ORDER BY chain, size, rank, subject
