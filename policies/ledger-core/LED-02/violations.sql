WITH judged AS (
    SELECT
        e.chain, e.event_index, e.event_id, e.claimed_at,
        CASE
            WHEN k.key_id IS NULL THEN 'signed by an unknown key ' || substr(u.key_id, 1, 16)
            WHEN k.purpose <> 'event' THEN 'signed by ' || k.member || ' with a key for another purpose'
            WHEN k.added_index > u.judged_index
                OR k.added_index = u.judged_index
                AND e.type NOT IN ('consortium-founded', 'member-admitted', 'key-added')
                THEN 'signed by ' || k.member || ' with a key that was not added yet'
            WHEN k.revoked_index < u.judged_index THEN 'signed by ' || k.member || ' with a key that was revoked'
            WHEN k.good_size <= u.judged_index AND k.revoked_event IS NOT e.event_id
                THEN 'disputed: ' || k.member || ' revoked the key (' || k.revocation_reason
                    || ') for everything from leaf ' || k.good_size || ' on'
        END AS reason
    FROM key_use AS u
    JOIN events AS e ON e.event_id = u.event_id
    LEFT JOIN keys AS k ON k.key_id = u.key_id
    UNION ALL
    SELECT e.chain, e.event_index, e.event_id, e.claimed_at, 'not signed by its author, ' || e.author
    FROM events AS e
    WHERE NOT EXISTS (
        SELECT 1
        FROM key_use AS u
        JOIN keys AS k ON k.key_id = u.key_id
        WHERE u.event_id = e.event_id AND k.member = e.author AND k.purpose = 'event'
    )
)
SELECT chain || ' leaf ' || event_index AS subject, reason, claimed_at AS since, event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY chain, event_index, reason
