DELETE FROM idempotency WHERE key = $1
