SELECT COUNT(*) FROM kept_transfer WHERE dealt_with IS NULL AND ($1 = '' OR organisation = $1)
