UPDATE log SET size = $1, frontier = $2 WHERE name = $3
