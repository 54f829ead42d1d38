WITH used AS (
    SELECT adapter, 'measured' AS how, evaluated_at AS since, event_id, event_index FROM adapter_evaluations
    UNION ALL
    SELECT model, 'released', released_at, event_id, event_index FROM releases
    UNION ALL
    SELECT artifact, 'handed over', handed_over_at, event_id, event_index FROM handovers WHERE artifact IS NOT NULL
    UNION ALL
    SELECT model, 'weakened for a time', applied_at, event_id, event_index FROM mitigations
), inventory AS (
    SELECT adapter, event_index FROM contributions
    UNION ALL
    SELECT model, event_index FROM models
    UNION ALL
    SELECT adapter, event_index FROM mitigations
)
SELECT
    'adapter ' || substr(u.adapter, 1, 16) AS subject, u.how || ', and no contribution or model before it is this one' AS reason, u.since, u.event_id
FROM used AS u
WHERE NOT EXISTS (SELECT 1 FROM inventory AS i WHERE i.adapter = u.adapter AND i.event_index < u.event_index)
ORDER BY u.event_index
