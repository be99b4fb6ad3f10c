SELECT sealed FROM referral_key WHERE referral = $1
