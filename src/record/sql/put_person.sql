INSERT INTO person (id, name, role, organisation, seen_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE
SET name = excluded.name, role = excluded.role, organisation = excluded.organisation, seen_at = excluded.seen_at
