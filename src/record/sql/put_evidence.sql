UPDATE rule_draft SET evidence = $1, evidence_of = version WHERE id = $2 AND version = $3
