SELECT place, leaf, leaf_hash, referral, body, mac FROM entry WHERE log = $1 AND place >= $2 AND place < $3 ORDER BY place
