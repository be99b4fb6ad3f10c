SELECT place, kind, organisation, child FROM occurrence WHERE referral IS NULL AND place >= $1 ORDER BY place
