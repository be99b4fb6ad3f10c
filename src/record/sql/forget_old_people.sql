DELETE FROM person WHERE seen_at < $1
