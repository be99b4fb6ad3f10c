UPDATE referral_key SET sealed = $1 WHERE referral = $2
