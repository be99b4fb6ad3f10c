SELECT id, reason, dealt_with, sealed_key, sealed FROM kept_transfer ORDER BY id
