SELECT hash, client, role, organisations, ends_at, revoked_at FROM api_key WHERE id = $1
