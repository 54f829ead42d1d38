WITH counted AS (
    SELECT
        m.*, r.round AS round_found, r.state AS round_state, b.base AS base_found, r.opened_index, b.registered_index,
        (
            SELECT count(*)
            FROM model_contributions AS x
            JOIN contributions AS c ON c.event_id = x.contribution_event
            WHERE x.model_event = m.event_id
        ) AS found,
        (SELECT count(DISTINCT a.member) FROM model_attestations AS a WHERE a.model_event = m.event_id AND a.member <> m.author)
            AS attested
    FROM models AS m
    LEFT JOIN rounds AS r ON r.round = m.round
    LEFT JOIN bases AS b ON b.base = r.base
    WHERE m.state = 'current'
), judged AS (
    SELECT
        *,
        CASE
            WHEN round_found IS NULL THEN 'the round ' || round || ' is not recorded'
            WHEN round_state <> 'closed' THEN 'the round ' || round || ' is not closed'
            WHEN base_found IS NULL OR registered_index > opened_index THEN 'the base was not registered before the round'
            WHEN found <> contributions THEN found || ' of ' || contributions || ' contributions are recorded'
            WHEN attested < :attestations THEN attested || ' other members rebuilt it; ' || :attestations || ' are wanted'
        END AS reason
    FROM counted
)
SELECT 'model ' || substr(model, 1, 16) || ' of ' || round AS subject, reason, materialized_at AS since, event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY event_index
