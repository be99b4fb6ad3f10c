SELECT id, reference, organisation, received_at, respond_by, version, standing, at_least, at_most, decided_by, tell_by, answer_by, disagreement FROM referral
WHERE (received_at, id) > ($1, $2) AND ($3 = '' OR organisation = $3) AND ($4 = '' OR standing = $4) AND ($5 = '' OR decided_by = $5)
ORDER BY received_at, id LIMIT $6
