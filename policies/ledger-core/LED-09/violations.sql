WITH judged AS (
    SELECT
        waiver, granted_at,
        CASE
            WHEN approver = owner THEN 'approved by the owner of the control, ' || owner
            WHEN reason = '' THEN 'gives no reason'
            WHEN expires_s IS NULL THEN 'has no end'
            WHEN expires_s < :as_of_s THEN 'ended on ' || expires_at || ' and is still listed'
            WHEN expires_s - granted_s > :max_days * 86400 THEN 'runs for more than ' || :max_days || ' days'
        END AS reason
    FROM waivers
)
SELECT waiver AS subject, reason, granted_at AS since, NULL AS event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY waiver
