SELECT id, title, authors, version, changed_at, change FROM rule_draft ORDER BY changed_at DESC
