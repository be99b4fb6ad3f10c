SELECT id, hash, client, role, organisations, made_at, ends_at, revoked_at, mac FROM api_key ORDER BY client, made_at, id
