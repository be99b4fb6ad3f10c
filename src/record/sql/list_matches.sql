SELECT referral, child FROM match_key WHERE hash = $1 AND referral <> $2 ORDER BY referral, child
