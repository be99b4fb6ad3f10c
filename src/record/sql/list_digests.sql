SELECT digest FROM rule_set ORDER BY digest
