WITH kept AS (
    SELECT
        s.deletion, s.event_id, s.erased_event, s.erased_s, s.erased_at, d.completed_s, d.completed_at,
        max(d.completed_s, coalesce((
            SELECT max(min(h.ends_s, coalesce(h.released_s, h.ends_s)))
            FROM holds AS h
            WHERE h.deletion = s.deletion
        ), d.completed_s)) AS free_s
    FROM scopes AS s
    JOIN deletions AS d ON d.deletion = s.deletion
    WHERE d.completed_s IS NOT NULL
)
SELECT
    deletion AS subject,
    CASE
        WHEN erased_event IS NULL THEN 'body and salt are still kept'
        ELSE 'body and salt were kept until ' || erased_at
    END || iif(free_s > completed_s, ', and the hold has ended', '') AS reason,
    completed_at AS since,
    event_id
FROM kept
WHERE coalesce(erased_s, :as_of_s) - free_s > :days * 86400
ORDER BY deletion
