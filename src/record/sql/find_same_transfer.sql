SELECT id FROM kept_transfer WHERE hash = $1 AND organisation = $2 AND dealt_with IS NULL
