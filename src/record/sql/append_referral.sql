INSERT INTO referral (id, reference, organisation, received_at, respond_by, version, standing, at_least, at_most, decided_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
