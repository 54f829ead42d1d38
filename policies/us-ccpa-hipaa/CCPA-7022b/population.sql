SELECT count(*) FROM deletions AS d JOIN plans AS p ON p.plan = d.plan JOIN plan_holders AS h ON h.plan = p.plan WHERE d.law = :law AND p.rematerialized_event IS NOT NULL
