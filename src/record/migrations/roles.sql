-- Who may do what in PostgreSQL. The owner of the tables migrates and compacts; `windscreen_app` records, and can change
-- no entry but to take an erased body out of it; `windscreen_auditor` reads the logs and no body. Both are roles to be
-- granted to a login. May be run again.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'windscreen_app') THEN CREATE ROLE windscreen_app NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'windscreen_auditor') THEN CREATE ROLE windscreen_auditor NOLOGIN; END IF;
END $$;
GRANT SELECT, INSERT ON setting, log, entry, tile_hash, checkpoint, referral, referral_key, match_key, idempotency, rule_set, batch, batch_referral TO windscreen_app;
GRANT UPDATE (value) ON setting TO windscreen_app;
GRANT UPDATE (size, peaks) ON log TO windscreen_app;
GRANT UPDATE (referral, body) ON entry TO windscreen_app;
GRANT UPDATE (respond_by, version, standing, at_least, at_most, decided_by, tell_by, answer_by, disagreement) ON referral TO windscreen_app;
GRANT UPDATE (sealed) ON referral_key TO windscreen_app;
GRANT UPDATE (waiting, version) ON batch TO windscreen_app;
GRANT UPDATE (referral) ON batch_referral TO windscreen_app;
GRANT DELETE ON referral, referral_key, match_key, idempotency, batch, batch_referral TO windscreen_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON draft, session, person, handover, kept_transfer, occurrence, rule_draft TO windscreen_app;
GRANT SELECT, INSERT, UPDATE (hash, revoked_at, mac) ON api_key TO windscreen_app;
GRANT SELECT ON setting, log, tile_hash, checkpoint, rule_set TO windscreen_auditor;
GRANT SELECT (log, place, leaf, leaf_hash) ON entry TO windscreen_auditor;
