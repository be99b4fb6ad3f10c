INSERT INTO referral_key (referral, sealed) VALUES ($1, $2)
