DELETE FROM occurrence WHERE referral = $1
