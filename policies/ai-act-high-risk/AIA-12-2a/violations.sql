WITH ordered AS (
    SELECT
        r.release, r.event_id, r.event_index, r.released_at, r.is_substantial_change, r.purpose, r.risk_class, b.base,
        lag(r.purpose) OVER w AS old_purpose, lag(r.risk_class) OVER w AS old_class, lag(b.base) OVER w AS old_base,
        lag(r.event_id) OVER w AS old_event
    FROM releases AS r
    JOIN rounds AS b ON b.round = r.round
    WINDOW w AS (ORDER BY r.event_index)
)
SELECT
    release AS subject,
    'another ' || CASE WHEN base <> old_base THEN 'base' WHEN purpose <> old_purpose THEN 'purpose' ELSE 'risk class' END
        || ' than the release before, and not marked' AS reason,
    released_at AS since, event_id
FROM ordered
WHERE
    is_substantial_change = 0 AND old_event IS NOT NULL AND (risk_class = 'high-risk' OR old_class = 'high-risk')
    AND (base <> old_base OR purpose <> old_purpose OR risk_class <> old_class)
ORDER BY event_index
