SELECT leaf FROM entry WHERE log = $1 ORDER BY place DESC LIMIT 1
