SELECT referral, sealed FROM referral_key WHERE referral > $1 ORDER BY referral LIMIT 256
