UPDATE rule_draft SET version = version + 1, changed_at = $1, authors = $2, files = $3, mac = $4, evidence = NULL, evidence_of = NULL
WHERE id = $5 AND version = $6
