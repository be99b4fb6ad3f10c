INSERT INTO tile_hash (log, level, place, hash) VALUES ($1, $2, $3, $4)
