SELECT DISTINCT referral FROM entry WHERE log = $1 AND place >= $2 AND place < $3 AND referral IS NOT NULL ORDER BY referral
