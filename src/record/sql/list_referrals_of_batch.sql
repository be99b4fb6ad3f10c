SELECT referral.id, referral.reference, referral.organisation, referral.received_at, referral.respond_by, referral.version, referral.standing, referral.at_least, referral.at_most, referral.decided_by, referral.tell_by, referral.answer_by, referral.disagreement
FROM batch_referral JOIN referral ON referral.id = batch_referral.referral WHERE batch_referral.batch = $1 ORDER BY batch_referral.part
