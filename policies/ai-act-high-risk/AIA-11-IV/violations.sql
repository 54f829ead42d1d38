SELECT d.document AS subject, 'no part ' || w.topic AS reason, d.recorded_at AS since, d.event_id
FROM documents AS d
CROSS JOIN (SELECT 'annex-iv-1' AS topic UNION ALL SELECT 'annex-iv-2' UNION ALL SELECT 'annex-iv-3' UNION ALL SELECT 'annex-iv-4' UNION ALL SELECT 'annex-iv-5' UNION ALL SELECT 'annex-iv-6' UNION ALL SELECT 'annex-iv-7' UNION ALL SELECT 'annex-iv-8' UNION ALL SELECT 'annex-iv-9') AS w
WHERE
    d.kind = 'technical-documentation' AND d.is_latest = 1
    AND EXISTS (SELECT 1 FROM releases AS r WHERE r.model = d.model AND r.risk_class = 'high-risk')
    AND NOT EXISTS (SELECT 1 FROM document_topics AS t WHERE t.event_id = d.event_id AND t.topic = w.topic)
ORDER BY d.document, w.topic
