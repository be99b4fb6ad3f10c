UPDATE api_key SET hash = $1, mac = $2 WHERE id = $3 AND mac IS NULL
