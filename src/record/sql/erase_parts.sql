DELETE FROM batch_referral WHERE batch = $1
