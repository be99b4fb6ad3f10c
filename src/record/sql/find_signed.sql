SELECT max(size) FROM checkpoint WHERE log = $1
