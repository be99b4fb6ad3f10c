UPDATE draft SET version = version + 1, changed_at = $1, sealed = $2 WHERE id = $3 AND version = $4 AND referral IS NULL
