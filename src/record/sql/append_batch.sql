INSERT INTO batch (id, organisation, received_at, hash, mapping, parts, waiting, version) VALUES ($1, $2, $3, $4, $5, $6, $7, 1)
