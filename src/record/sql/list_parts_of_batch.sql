SELECT part, referral FROM batch_referral WHERE batch = $1 ORDER BY part
