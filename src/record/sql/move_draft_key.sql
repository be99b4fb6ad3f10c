UPDATE draft SET sealed_key = $1 WHERE id = $2 AND referral IS NULL
