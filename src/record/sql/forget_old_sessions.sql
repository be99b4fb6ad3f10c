DELETE FROM session WHERE began_at < $1
