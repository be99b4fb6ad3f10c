SELECT referral FROM occurrence WHERE referral IS NOT NULL AND referral NOT IN (SELECT id FROM referral) LIMIT 1
