SELECT level, place, hash FROM tile_hash WHERE log = $1 ORDER BY level, place
