SELECT size, peaks FROM log WHERE name = $1
