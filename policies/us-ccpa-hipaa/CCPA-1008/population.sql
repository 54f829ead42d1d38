SELECT count(*) FROM deletions AS d JOIN plan_excluded AS x ON x.plan = d.plan WHERE d.law = :law AND d.completed_event IS NOT NULL
