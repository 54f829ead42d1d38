SELECT
    x.handover AS subject, 'the downstream provider ' || x.recipient || ' got the model and not the information about it' AS reason, x.handed_over_at AS since, x.event_id
FROM handovers AS x
WHERE
    x.kind = 'adapter' AND x.category = 'downstream-provider' AND x.handed_over_s + :days * 86400 < :as_of_s
    AND NOT EXISTS (
        SELECT 1
        FROM handovers AS y
        WHERE y.kind = 'annex-xii' AND y.recipient = x.recipient AND y.artifact = x.artifact AND y.handed_over_s <= x.handed_over_s + :days * 86400
    )
ORDER BY x.event_index
