UPDATE api_key SET revoked_at = $1, mac = $2 WHERE id = $3 AND revoked_at IS NULL
