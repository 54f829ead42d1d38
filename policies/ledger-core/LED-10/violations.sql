SELECT
    pack || '/' || control AS subject,
    CASE
        WHEN sum(is_expected) < count(*)
            THEN 'judges its fixture wrongly: ' || coalesce(max(iif(is_expected = 0, reason, NULL)), 'no reason given')
        ELSE 'was not tried on both fixtures'
    END AS reason,
    NULL AS since,
    NULL AS event_id
FROM self_tests
GROUP BY pack, control
HAVING sum(is_expected) < count(*) OR count(DISTINCT fixture) < 2
ORDER BY pack, control
