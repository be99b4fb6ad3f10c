UPDATE draft SET referral = $1, sealed_key = $2, sealed = $2 WHERE id = $3 AND version = $4
