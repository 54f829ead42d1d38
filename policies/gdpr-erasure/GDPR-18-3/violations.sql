SELECT
    restriction AS subject,
    iif(told_s IS NULL, 'lifted, and the person was not told', 'lifted on ' || ended_at || ', and the person was told on ' || told_at) AS reason,
    ended_at AS since, ended_event AS event_id
FROM restrictions
WHERE right = 'restriction' AND end = 'lifted' AND (told_s IS NULL OR told_s > ended_s)
ORDER BY restriction
