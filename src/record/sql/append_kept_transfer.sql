INSERT INTO kept_transfer (id, hash, organisation, reason, kept_at, sealed_key, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)
