SELECT id, reference, organisation, received_at, respond_by, version, standing, at_least, at_most, decided_by, tell_by, answer_by, disagreement FROM referral
WHERE ($1 = '' OR organisation = $1) AND standing = $2
ORDER BY received_at DESC, id DESC LIMIT $3
