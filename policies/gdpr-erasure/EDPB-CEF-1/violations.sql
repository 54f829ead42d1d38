SELECT
    w.kind AS subject,
    iif(max(d.recorded_s) IS NULL, 'none is recorded', 'last recorded ' || ((:as_of_s - max(d.recorded_s)) / 86400) || ' days ago') AS reason,
    max(d.recorded_at) AS since,
    NULL AS event_id
FROM ledger AS l
CROSS JOIN (SELECT 'procedure-erasure' AS kind UNION ALL SELECT 'store-map') AS w
LEFT JOIN documents AS d ON d.kind = w.kind AND d.is_latest = 1
GROUP BY w.kind
HAVING coalesce(:as_of_s - max(d.recorded_s) > :days * 86400, 1)
ORDER BY w.kind
