SELECT id FROM batch WHERE hash = $1
