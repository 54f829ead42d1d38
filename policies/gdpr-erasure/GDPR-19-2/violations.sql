WITH told AS (
    SELECT
        q.*,
        (
            SELECT min(n.sent_s)
            FROM notices AS n
            WHERE
                n.deletion = q.deletion AND n.sent_s >= q.received_s
                AND (
                    n.kind = 'recipients'
                    OR EXISTS (SELECT 1 FROM notice_contents AS c WHERE c.event_id = n.event_id AND c.content = 'recipients')
                )
        ) AS told_s
    FROM recipient_questions AS q
)
SELECT
    deletion AS subject,
    'asked who received the data, and ' || iif(told_s IS NULL, 'not told', 'told only after the end of the period,') || ' by ' || due_at AS reason,
    received_at AS since, event_id
FROM told
WHERE coalesce(told_s, :as_of_s) > due_s
ORDER BY deletion, event_index
