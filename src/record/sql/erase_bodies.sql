UPDATE entry SET referral = NULL, body = NULL WHERE referral = $1
