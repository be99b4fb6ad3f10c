INSERT INTO log (name, size, frontier) VALUES ($1, 0, $2)
