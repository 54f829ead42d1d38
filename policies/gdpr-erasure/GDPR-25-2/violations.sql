WITH named AS (
    SELECT deletion AS id, requested_at AS since, requested_event AS event_id FROM deletions
    UNION ALL
    SELECT consent, recorded_at, event_id FROM consents
    UNION ALL
    SELECT restriction, applied_at, event_id FROM restrictions
    UNION ALL
    SELECT incident, aware_at, event_id FROM incidents
), ended AS (
    SELECT *, substr(id, instr(id, '-') + 1) AS ending FROM named
)
SELECT
    min(id) || ', ' || max(id) AS subject, count(*) || ' ids end in ' || ending || ': they may stand for one person' AS reason,
    min(since) AS since, min(event_id) AS event_id
FROM ended
WHERE length(ending) >= :characters
GROUP BY ending
HAVING count(*) > 1
ORDER BY ending
