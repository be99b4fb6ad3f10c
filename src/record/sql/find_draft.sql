SELECT organisation, version, changed_at, sealed_key, sealed, referral FROM draft WHERE id = $1 AND changed_at >= $2
