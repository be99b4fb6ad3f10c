SELECT id, organisation, received_at, mapping, parts, waiting, version FROM batch WHERE ($1 = '' OR organisation = $1) ORDER BY received_at DESC, id DESC LIMIT $2
