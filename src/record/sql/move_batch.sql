UPDATE batch SET waiting = $1, version = version + 1 WHERE id = $2 AND version = $3
