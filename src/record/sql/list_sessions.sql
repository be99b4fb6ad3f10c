SELECT hash, who, began_at, seen_at, mac FROM session ORDER BY hash
