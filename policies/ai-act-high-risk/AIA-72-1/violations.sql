WITH first AS (
    SELECT min(event_index) AS event_index, min(released_s) AS released_s, min(released_at) AS released_at FROM releases WHERE risk_class = 'high-risk' HAVING count(*) > 0
), last AS (
    SELECT f.*, coalesce((SELECT max(d.recorded_s) FROM documents AS d WHERE d.kind = 'monitoring-report'), f.released_s) AS report_s FROM first AS f
)
SELECT subject, reason, since, event_id
FROM (
    SELECT 'monitoring plan' AS subject, 'none before the first release' AS reason, released_at AS since, NULL AS event_id
    FROM first
    WHERE NOT EXISTS (SELECT 1 FROM documents AS d WHERE d.kind = 'monitoring-plan' AND d.event_index < first.event_index)
    UNION ALL
    SELECT 'monitoring report', 'none for ' || ((:as_of_s - report_s) / 86400) || ' days', released_at, NULL
    FROM last
    WHERE :as_of_s - report_s > :days * 86400
)
ORDER BY subject
