SELECT place, kind, organisation, child FROM occurrence WHERE referral = $1 ORDER BY place
