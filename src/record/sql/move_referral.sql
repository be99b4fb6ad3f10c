UPDATE referral SET respond_by = $1, version = version + 1, standing = $2, at_least = $3, at_most = $4, decided_by = $5,
    tell_by = $6, answer_by = $7, disagreement = $8
WHERE id = $9 AND version = $10
