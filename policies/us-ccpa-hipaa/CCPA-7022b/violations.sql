WITH named(store) AS (
    VALUES ('backups'), ('blobs'), ('running-sums'), ('vault')
), owed AS (
    SELECT d.deletion, d.completed_s, p.plan, p.rematerialized_s, p.rematerialized_at, h.holder, p.rematerialized_event
    FROM deletions AS d
    JOIN plans AS p ON p.plan = d.plan
    JOIN plan_holders AS h ON h.plan = p.plan
    WHERE d.law = :law AND p.rematerialized_event IS NOT NULL
), results AS (
    SELECT o.*, n.store, x.event_id, x.verdict, x.attested_s, x.ground, x.until_s, x.until_at
    FROM owed AS o
    CROSS JOIN named AS n
    LEFT JOIN erasures AS x ON x.plan = o.plan AND x.holder = o.holder AND x.store = n.store AND x.is_latest = 1
), judged AS (
    SELECT
        *,
        CASE
            WHEN verdict IS NULL AND store <> 'backups' AND (completed_s IS NOT NULL OR :as_of_s - rematerialized_s > :days * 86400)
                THEN 'no result'
            WHEN verdict = 'failed' THEN 'erasing failed'
            WHEN verdict = 'retained' AND ground IS NULL THEN 'kept, and no ground is recorded'
            WHEN verdict = 'retained' AND coalesce(until_s < :as_of_s, 1)
                THEN 'kept under ' || ground || ', and the end of its reason, ' || coalesce(until_at, 'which is not recorded') || ', is over'
            WHEN verdict = 'pending-backup' AND until_s < :as_of_s
                THEN 'still in a backup that was to run out on ' || until_at
            WHEN verdict = 'pending-backup' AND :as_of_s - attested_s > :backup_days * 86400
                THEN 'still in a backup after ' || ((:as_of_s - attested_s) / 86400) || ' days'
        END AS reason
    FROM results
)
SELECT
    deletion || ': ' || holder || ', ' || store AS subject, reason, rematerialized_at AS since,
    coalesce(event_id, rematerialized_event) AS event_id
FROM judged
WHERE reason IS NOT NULL
ORDER BY deletion, holder, store
