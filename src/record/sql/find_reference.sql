SELECT 1 FROM referral WHERE reference = $1
