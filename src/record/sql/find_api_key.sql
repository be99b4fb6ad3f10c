SELECT id, hash, client, role, organisations, made_at, ends_at, revoked_at, mac FROM api_key WHERE id = $1
