DELETE FROM rule_draft WHERE changed_at < $1
