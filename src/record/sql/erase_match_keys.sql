DELETE FROM match_key WHERE referral = $1
