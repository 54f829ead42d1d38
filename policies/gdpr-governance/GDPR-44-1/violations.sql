SELECT
    x.handover AS subject, 'handed to ' || x.recipient || ' in ' || x.country || ' without a tool in force' AS reason, x.handed_over_at AS since, x.event_id
FROM handovers AS x
WHERE
    x.is_in_eea = 0 AND x.kind IN ('adapter', 'personal-data')
    AND NOT EXISTS (SELECT 1 FROM releases AS r WHERE r.model = x.artifact AND r.anonymity = 'anonymous' AND r.event_index < x.event_index)
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS g
        WHERE
            g.kind = 'agreement-transfer' AND g.recipient = x.recipient AND g.event_index < x.event_index
            AND coalesce(g.from_s, g.recorded_s) <= x.handed_over_s AND coalesce(g.until_s, x.handed_over_s) >= x.handed_over_s
    )
ORDER BY x.event_index
