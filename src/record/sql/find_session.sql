SELECT who, began_at, seen_at, mac FROM session WHERE hash = $1
