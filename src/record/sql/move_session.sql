UPDATE session SET seen_at = $1, mac = $2 WHERE hash = $3
