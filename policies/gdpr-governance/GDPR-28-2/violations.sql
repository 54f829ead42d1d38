SELECT
    x.handover AS subject, 'handed to the sub-processor ' || x.recipient || ' without an authorisation in force' AS reason,
    x.handed_over_at AS since, x.event_id
FROM handovers AS x
WHERE
    x.category = 'sub-processor'
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS g
        WHERE
            g.kind = 'agreement-sub-processor' AND g.recipient = x.recipient AND g.event_index < x.event_index
            AND coalesce(g.from_s, g.recorded_s) <= x.handed_over_s AND coalesce(g.until_s, x.handed_over_s) >= x.handed_over_s
    )
ORDER BY x.event_index
