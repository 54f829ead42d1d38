SELECT r.release AS subject, 'released as ' || r.anonymity || ' without a privacy test of the model' AS reason, r.released_at AS since, r.event_id
FROM releases AS r
WHERE
    r.anonymity <> 'anonymous'
    AND NOT EXISTS (
        SELECT 1
        FROM documents AS d
        WHERE d.kind = 'privacy-test' AND d.model = r.model AND d.event_index < r.event_index AND r.released_s - d.recorded_s <= :days * 86400
    )
    AND NOT EXISTS (
        SELECT 1
        FROM adapter_evaluations AS e
        WHERE e.kind = 'membership-inference' AND e.adapter = r.model AND e.event_index < r.event_index AND r.released_s - e.evaluated_s <= :days * 86400
    )
ORDER BY r.event_index
