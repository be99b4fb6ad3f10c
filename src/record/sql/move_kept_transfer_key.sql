UPDATE kept_transfer SET sealed_key = $1 WHERE id = $2
