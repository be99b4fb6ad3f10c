SELECT request, place FROM idempotency WHERE key = $1 AND at > $2
