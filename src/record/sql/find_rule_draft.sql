SELECT id, title, authors, version, changed_at, change, evidence, evidence_of, files, mac FROM rule_draft WHERE id = $1
