SELECT match_key.referral, match_key.child FROM match_key JOIN referral ON referral.id = match_key.referral
WHERE match_key.hash = $1 AND match_key.referral <> $2 AND referral.received_at BETWEEN $3 AND $4
ORDER BY referral.received_at, match_key.referral LIMIT $5
