WITH base_compute AS (
    SELECT base, max(compute_petaflop) AS whole FROM documents WHERE kind = 'base-compute' AND is_latest = 1 GROUP BY base
), used AS (
    SELECT r.base, sum(d.compute_petaflop) AS part, count(*) AS models
    FROM documents AS d
    JOIN (SELECT DISTINCT model, round FROM models) AS m ON m.model = d.model
    JOIN rounds AS r ON r.round = m.round
    WHERE d.kind = 'training-compute' AND d.is_latest = 1
    GROUP BY r.base
)
SELECT
    'base ' || substr(u.base, 1, 16) AS subject,
    u.models || ' modification(s) took ' || u.part || ' of ' || b.whole || ' petaFLOP, '
        || iif(3 * u.part > b.whole, 'more than a third: the test for a provider', 'a warning') AS reason,
    NULL AS since, NULL AS event_id
FROM used AS u
JOIN base_compute AS b ON b.base = u.base
WHERE 100 * u.part >= :warn_percent * b.whole
ORDER BY u.base
