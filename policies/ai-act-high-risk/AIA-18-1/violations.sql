SELECT
    d.document AS subject,
    iif(d.retain_until_at IS NULL, 'says nothing about how long it is kept', 'is kept until ' || d.retain_until_at || ', less than ten years after ' || r.released_at) AS reason,
    r.released_at AS since, d.event_id
FROM documents AS d
JOIN releases AS r ON r.model = d.model AND r.risk_class = 'high-risk'
WHERE
    d.kind = 'technical-documentation' AND d.is_latest = 1
    AND coalesce(d.retain_until_at < (substr(r.released_at, 1, 4) + 10) || substr(r.released_at, 5), 1)
ORDER BY d.document, r.event_index
