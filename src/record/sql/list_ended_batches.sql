SELECT id FROM batch WHERE received_at < $1 AND waiting = 0 AND parts <= (SELECT count(*) FROM batch_referral WHERE batch_referral.batch = batch.id) ORDER BY id
