SELECT
    s.deletion AS subject,
    CASE
        WHEN s.erased_event IS NULL THEN 'body and salt are still kept'
        ELSE 'body and salt were kept until ' || s.erased_at
    END AS reason,
    d.completed_at AS since,
    s.event_id
FROM scopes AS s
JOIN deletions AS d ON d.deletion = s.deletion
WHERE d.completed_s IS NOT NULL AND coalesce(s.erased_s, :as_of_s) - d.completed_s > :days * 86400
ORDER BY s.deletion
