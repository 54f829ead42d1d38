WITH days AS (
    SELECT
        author, accessed_day, sum(leaves) AS leaves, min(accessed_at) AS since, min(event_id) AS event_id,
        sum(iif((accessed_s % 86400) / 3600 >= :night_from OR (accessed_s % 86400) / 3600 < :night_to, leaves, 0)) AS at_night
    FROM accesses
    GROUP BY author, accessed_day
)
SELECT
    author || ' on day ' || accessed_day AS subject,
    iif(leaves > :leaves, 'opened ' || leaves || ' leaves in one day', 'opened ' || at_night || ' leaves at night') AS reason,
    since, event_id
FROM days
WHERE leaves > :leaves OR at_night > :night_leaves
ORDER BY author, accessed_day
