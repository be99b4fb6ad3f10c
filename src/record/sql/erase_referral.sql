DELETE FROM referral WHERE id = $1 AND version = $2
