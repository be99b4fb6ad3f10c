SELECT files FROM rule_set WHERE digest = $1
