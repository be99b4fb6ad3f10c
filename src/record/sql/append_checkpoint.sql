INSERT INTO checkpoint (log, size, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
