UPDATE session SET seen_at = $1 WHERE hash = $2
