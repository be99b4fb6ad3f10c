DELETE FROM rule_draft WHERE id = $1
