UPDATE rule_draft SET change = $1 WHERE id = $2
