WITH timed AS (
    SELECT
        *, max(claimed_s) OVER (
            PARTITION BY chain, author ORDER BY event_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier_s
    FROM events
), judged AS (
    SELECT
        chain, event_index, claimed_at, event_id,
        CASE
            WHEN claimed_s > recorded_before_s + :skew_seconds
                THEN 'claims a time after ' || recorded_before_at || ', when a checkpoint had it'
            WHEN recorded_after_s - claimed_s > :late_hours * 3600
                THEN 'claims a time long before ' || recorded_after_at || ', when a checkpoint did not have it'
            WHEN claimed_s < earlier_s - :skew_seconds THEN 'claims a time before an earlier event of ' || author
        END AS reason
    FROM timed
)
SELECT chain || ' leaf ' || event_index AS subject, reason, claimed_at AS since, event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY chain, event_index
