WITH own AS (
    SELECT operator FROM chains WHERE origin IN (SELECT chain FROM events WHERE is_public = 0)
)
SELECT subject, reason, since, event_id
FROM (
    SELECT
        x.handover AS subject, 'the data set ' || coalesce(x.dataset, 'that it is of') || ' is not described: nobody can say what was given away' AS reason,
        x.handed_over_at AS since, x.event_id
    FROM handovers AS x
    WHERE
        x.kind = 'personal-data' AND x.author IN (SELECT operator FROM own)
        AND NOT EXISTS (SELECT 1 FROM datasets AS d WHERE d.dataset = x.dataset)
    UNION ALL
    SELECT
        b.chain || ' leaf ' || b.event_index, 'for whom it was opened, and why, was erased on ' || b.erased_at, a.accessed_at, a.event_id
    FROM accesses AS a
    JOIN bodies AS b ON b.event_id = a.event_id
    WHERE a.access = 'disclosed' AND b.erased_at < (substr(a.accessed_at, 1, 4) + :years) || substr(a.accessed_at, 5)
)
ORDER BY subject
