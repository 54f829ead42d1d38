SELECT
    g.document AS subject, 'ended on ' || g.until_at || ', and no deletion is certified since' AS reason, g.until_at AS since, g.event_id
FROM documents AS g
WHERE
    g.kind = 'agreement-processor' AND g.is_latest = 1 AND :as_of_s - g.until_s > :days * 86400
    AND NOT EXISTS (
        SELECT 1
        FROM deletions AS d
        JOIN document_parties AS p ON p.event_id = g.event_id AND p.party = d.member
        WHERE d.ground IN ('contract-ended', 'member-left') AND d.certified_s >= g.until_s
    )
ORDER BY g.document
