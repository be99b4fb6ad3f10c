INSERT INTO idempotency (key, request, place, at) VALUES ($1, $2, $3, $4)
