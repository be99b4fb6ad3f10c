INSERT INTO session (hash, who, began_at, seen_at) VALUES ($1, $2, $3, $3)
