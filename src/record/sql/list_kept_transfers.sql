SELECT id, organisation, reason, kept_at, dealt_with, dealt_at, sealed_key, sealed FROM kept_transfer
WHERE ($1 = '' OR organisation = $1) AND (dealt_at IS NULL OR dealt_at >= $2)
ORDER BY CASE WHEN dealt_with IS NULL THEN 0 ELSE 1 END, CASE WHEN dealt_with IS NULL THEN kept_at ELSE -kept_at END, id
LIMIT $3
