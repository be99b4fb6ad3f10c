SELECT child, hash FROM match_key WHERE referral = $1 ORDER BY child, hash
