SELECT place, hash FROM tile_hash WHERE log = $1 AND level = $2 AND place >= $3 AND place < $4 ORDER BY place
