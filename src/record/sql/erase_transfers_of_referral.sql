DELETE FROM kept_transfer WHERE referral = $1
