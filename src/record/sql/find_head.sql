SELECT size, frontier FROM log WHERE name = $1
