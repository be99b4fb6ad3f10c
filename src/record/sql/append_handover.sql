INSERT INTO handover (referral, decision, organisation, outcome, waits) VALUES ($1, $2, $3, $4, $5)
