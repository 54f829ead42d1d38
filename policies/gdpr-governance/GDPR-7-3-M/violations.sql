SELECT
    consent AS subject, 'given by ' || channel || ', withdrawn by ' || withdrawal_channel AS reason, withdrawn_at AS since,
    withdrawn_event AS event_id
FROM consents
WHERE withdrawn_event IS NOT NULL AND withdrawal_channel IS NOT channel
ORDER BY consent
