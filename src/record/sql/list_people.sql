SELECT id, name, role, organisation FROM person WHERE seen_at >= $1 ORDER BY name, id
