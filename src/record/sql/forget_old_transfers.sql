DELETE FROM kept_transfer WHERE dealt_with IS NOT NULL AND dealt_at < $1
