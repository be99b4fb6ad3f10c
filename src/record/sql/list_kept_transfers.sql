SELECT id, organisation, reason, kept_at, dealt_with, dealt_at, sealed_key, sealed FROM kept_transfer
WHERE ($1 = '' OR organisation = $1) ORDER BY CASE WHEN dealt_with IS NULL THEN 0 ELSE 1 END, kept_at DESC, id LIMIT $2
