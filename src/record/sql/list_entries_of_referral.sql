SELECT place, leaf, leaf_hash, body FROM entry WHERE referral = $1 ORDER BY place
