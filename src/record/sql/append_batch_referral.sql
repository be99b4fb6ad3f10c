INSERT INTO batch_referral (batch, part, referral) VALUES ($1, $2, $3)
