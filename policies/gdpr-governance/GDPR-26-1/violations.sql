WITH participants AS MATERIALIZED (
    SELECT DISTINCT m.event_id, m.event_index, m.round, m.materialized_s, m.materialized_at, c.member
    FROM models AS m
    JOIN model_contributions AS u ON u.model_event = m.event_id
    JOIN contributions AS c ON c.event_id = u.contribution_event
    WHERE m.state = 'current'
),
arrangements AS MATERIALIZED (
    SELECT coalesce(g.from_s, g.recorded_s) AS from_s, g.until_s, x.party AS one, y.party AS other, (
            SELECT min(later.recorded_s)
            FROM documents AS later
            WHERE later.document = g.document AND later.version > g.version
        ) AS replaced_s
    FROM documents AS g
    JOIN document_parties AS x ON x.event_id = g.event_id
    JOIN document_parties AS y ON y.event_id = g.event_id AND y.party > x.party
    WHERE g.kind IN ('agreement-joint-controllers', 'agreement-processor')
)
SELECT
    a.round AS subject,
    'trained together without an arrangement in force: ' || min(a.member || ' and ' || b.member)
        || CASE count(*) WHEN 1 THEN '' WHEN 2 THEN ' and 1 other pair' ELSE ' and ' || (count(*) - 1) || ' other pairs' END AS reason,
    a.materialized_at AS since, a.event_id
FROM participants AS a
JOIN participants AS b ON b.event_id = a.event_id AND b.member > a.member
WHERE NOT EXISTS (
        SELECT 1
        FROM arrangements AS g
        WHERE
            g.one = a.member AND g.other = b.member
            AND g.from_s <= a.materialized_s AND coalesce(g.until_s, a.materialized_s) >= a.materialized_s
            AND coalesce(g.replaced_s > a.materialized_s, 1)
    )
GROUP BY a.event_id
ORDER BY a.event_index
