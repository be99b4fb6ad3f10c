DELETE FROM referral_key WHERE referral = $1
