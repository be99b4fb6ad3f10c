INSERT INTO occurrence (place, kind, organisation, referral, child) VALUES ($1, $2, $3, $4, $5)
