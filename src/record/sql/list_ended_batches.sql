SELECT id FROM batch WHERE received_at < $1 AND waiting = 0 ORDER BY id
