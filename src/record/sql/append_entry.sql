INSERT INTO entry (log, place, leaf, leaf_hash, referral, body, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)
