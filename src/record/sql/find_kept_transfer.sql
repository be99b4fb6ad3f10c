SELECT id, organisation, reason, kept_at, dealt_with, dealt_at, sealed_key, sealed FROM kept_transfer
WHERE id = $1 AND (dealt_at IS NULL OR dealt_at >= $2)
