SELECT place, leaf, mac FROM entry WHERE log = $1 AND place >= $2 AND place < $3 ORDER BY place
