SELECT r.round AS subject, 'starts from the base ' || substr(r.base, 1, 16) || ' without due diligence before' AS reason, r.opened_at AS since, r.opened_event AS event_id
FROM rounds AS r
WHERE NOT EXISTS (
    SELECT 1 FROM documents AS a WHERE a.kind = 'due-diligence' AND a.base = r.base AND a.event_index < r.opened_index
)
ORDER BY r.opened_index
