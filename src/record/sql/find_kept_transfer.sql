SELECT id, organisation, reason, kept_at, dealt_with, dealt_at, sealed_key, sealed FROM kept_transfer WHERE id = $1
