SELECT id, title, authors, version, changed_at, change, evidence, evidence_of, files FROM rule_draft WHERE id = $1
