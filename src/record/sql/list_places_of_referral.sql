SELECT place FROM entry WHERE referral = $1 ORDER BY place
