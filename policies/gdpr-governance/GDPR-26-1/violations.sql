WITH pairs AS (
    SELECT DISTINCT m.event_id, m.event_index, m.round, m.materialized_s, m.materialized_at, a.member AS one, b.member AS other
    FROM models AS m
    JOIN model_contributions AS u ON u.model_event = m.event_id
    JOIN contributions AS a ON a.event_id = u.contribution_event
    JOIN model_contributions AS v ON v.model_event = m.event_id
    JOIN contributions AS b ON b.event_id = v.contribution_event AND b.member > a.member
    WHERE m.state = 'current'
)
SELECT
    p.round || ': ' || p.one || ', ' || p.other AS subject, 'trained together without an arrangement in force' AS reason,
    p.materialized_at AS since, p.event_id
FROM pairs AS p
WHERE NOT EXISTS (
        SELECT 1
        FROM documents AS g
        JOIN document_parties AS x ON x.event_id = g.event_id AND x.party = p.one
        JOIN document_parties AS y ON y.event_id = g.event_id AND y.party = p.other
        WHERE
            g.kind IN ('agreement-joint-controllers', 'agreement-processor')
            AND coalesce(g.from_s, g.recorded_s) <= p.materialized_s AND coalesce(g.until_s, p.materialized_s) >= p.materialized_s
            AND NOT EXISTS (
                SELECT 1
                FROM documents AS later
                WHERE later.document = g.document AND later.version > g.version AND later.recorded_s <= p.materialized_s
            )
    )
ORDER BY p.event_index, p.one, p.other
