SELECT id FROM api_key WHERE client = $1 AND ends_at > $2 AND revoked_at IS NULL
