INSERT INTO rule_draft (id, title, authors, files, version, changed_at, change, mac) VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
