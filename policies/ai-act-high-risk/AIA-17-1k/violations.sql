SELECT w.kind AS subject, 'none is recorded' AS reason, NULL AS since, NULL AS event_id
FROM (SELECT 'procedure-record-keeping' AS kind UNION ALL SELECT 'role-assignment') AS w
WHERE
    EXISTS (SELECT 1 FROM releases AS r WHERE r.risk_class = 'high-risk')
    AND NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.kind = w.kind AND d.is_latest = 1 AND coalesce(d.until_s, :as_of_s) >= :as_of_s)
ORDER BY w.kind
