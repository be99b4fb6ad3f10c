SELECT id, organisation, received_at, mapping, parts, waiting, version FROM batch ORDER BY id
