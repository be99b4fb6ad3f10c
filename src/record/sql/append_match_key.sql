INSERT INTO match_key (hash, referral, child) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
