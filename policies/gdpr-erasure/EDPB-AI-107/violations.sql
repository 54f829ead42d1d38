SELECT
    m.deletion AS subject, 'an approximate measure of ' || m.applied_at || ' ended on ' || m.until_at || ', and the deletion is not carried out' AS reason,
    m.until_at AS since, m.event_id
FROM mitigations AS m
LEFT JOIN deletions AS d ON d.deletion = m.deletion
WHERE m.until_s < :as_of_s AND coalesce(d.completed_s > m.until_s, 1)
ORDER BY m.deletion, m.event_index
