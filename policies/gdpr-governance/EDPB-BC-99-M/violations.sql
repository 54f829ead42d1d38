SELECT
    l.chain AS subject, 'no impact assessment has a part about ' || w.topic AS reason, NULL AS since, NULL AS event_id
FROM ledger AS l
CROSS JOIN (SELECT 'ledger' AS topic UNION ALL SELECT 'necessity') AS w
WHERE NOT EXISTS (
    SELECT 1
    FROM documents AS d
    JOIN document_topics AS t ON t.event_id = d.event_id AND t.topic = w.topic
    WHERE d.kind = 'dpia' AND d.is_latest = 1
)
ORDER BY l.chain, w.topic
