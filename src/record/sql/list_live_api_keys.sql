SELECT id, hash, client, role, organisations, made_at, ends_at, revoked_at, mac FROM api_key WHERE client = $1 AND ends_at > $2 AND revoked_at IS NULL
