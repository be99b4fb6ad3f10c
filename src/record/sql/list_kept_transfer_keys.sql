SELECT id, sealed_key FROM kept_transfer ORDER BY id
