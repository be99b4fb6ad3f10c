DELETE FROM draft WHERE changed_at < $1
