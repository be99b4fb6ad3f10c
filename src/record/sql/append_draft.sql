INSERT INTO draft (id, organisation, version, changed_at, sealed_key, sealed) VALUES ($1, $2, 1, $3, $4, $5)
