SELECT size, note FROM checkpoint WHERE log = $1 AND size > $2 ORDER BY size
