SELECT author || ' on day ' || accessed_day AS subject, 'opened ' || sum(leaves) || ' leaves in one day' AS reason, min(accessed_at) AS since, min(event_id) AS event_id
FROM accesses
GROUP BY author, accessed_day
HAVING sum(leaves) > :leaves
ORDER BY author, accessed_day
