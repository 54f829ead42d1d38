SELECT
    x.disclosure AS subject, 'the downstream provider ' || x.recipient || ' got the model and not the information about it' AS reason, x.disclosed_at AS since, x.event_id
FROM disclosures AS x
WHERE
    x.kind = 'adapter' AND x.category = 'downstream-provider' AND x.disclosed_s + :days * 86400 < :as_of_s
    AND NOT EXISTS (
        SELECT 1
        FROM disclosures AS y
        WHERE y.kind = 'annex-xii' AND y.recipient = x.recipient AND y.artifact = x.artifact AND y.disclosed_s <= x.disclosed_s + :days * 86400
    )
ORDER BY x.event_index
