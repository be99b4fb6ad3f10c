INSERT INTO rule_set (digest, files) VALUES ($1, $2)
