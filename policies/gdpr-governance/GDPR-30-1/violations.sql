WITH wanted AS (
    SELECT
        d.*,
        CASE w.gap
            WHEN 'purposes' THEN (SELECT count(*) FROM dataset_purposes AS p WHERE p.event_id = d.event_id)
            WHEN 'categories of data' THEN (SELECT count(*) FROM dataset_categories AS c WHERE c.event_id = d.event_id AND c.kind = 'data')
            WHEN 'categories of persons' THEN (SELECT count(*) FROM dataset_categories AS c WHERE c.event_id = d.event_id AND c.kind = 'subjects')
            ELSE d.retain_until_s IS NOT NULL
        END AS found,
        w.gap
    FROM datasets AS d
    CROSS JOIN (
        SELECT 'purposes' AS gap UNION ALL SELECT 'categories of data' UNION ALL SELECT 'categories of persons' UNION ALL SELECT 'an end'
    ) AS w
    WHERE d.is_latest = 1 AND d.is_personal = 1
)
SELECT dataset AS subject, gap || ' not recorded' AS reason, described_at AS since, event_id
FROM wanted
WHERE found = 0
ORDER BY dataset, gap
