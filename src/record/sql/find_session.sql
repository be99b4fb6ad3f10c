SELECT who, began_at, seen_at FROM session WHERE hash = $1
