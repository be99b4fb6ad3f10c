UPDATE log SET size = $1, peaks = $2 WHERE name = $3
