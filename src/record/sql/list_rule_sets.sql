SELECT digest, files FROM rule_set ORDER BY digest
