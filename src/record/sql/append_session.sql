INSERT INTO session (hash, who, began_at, seen_at, mac) VALUES ($1, $2, $3, $3, $4)
