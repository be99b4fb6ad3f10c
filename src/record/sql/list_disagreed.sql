SELECT id, reference, organisation, received_at, respond_by, version, standing, at_least, at_most, decided_by, tell_by, answer_by, disagreement FROM referral
WHERE disagreement = $1 ORDER BY answer_by, id LIMIT $2
