SELECT r.round AS subject, 'starts from the base ' || substr(r.base, 1, 16) || ' without terms with its supplier' AS reason, r.opened_at AS since, r.opened_event AS event_id
FROM rounds AS r
WHERE
    EXISTS (SELECT 1 FROM releases AS v WHERE v.round = r.round AND v.risk_class = 'high-risk')
    AND NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.kind = 'agreement-supplier' AND d.base = r.base AND d.event_index < r.opened_index)
ORDER BY r.opened_index
