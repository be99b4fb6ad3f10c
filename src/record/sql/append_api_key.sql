INSERT INTO api_key (id, hash, client, role, organisations, made_at, ends_at, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
