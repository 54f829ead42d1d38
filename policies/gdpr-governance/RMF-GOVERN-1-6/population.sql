SELECT
    (SELECT count(*) FROM adapter_evaluations) + (SELECT count(*) FROM releases)
    + (SELECT count(*) FROM handovers WHERE artifact IS NOT NULL) + (SELECT count(*) FROM mitigations)
