UPDATE referral SET respond_by = $1, version = version + 1, standing = $2, at_least = $3, at_most = $4, decided_by = $5
WHERE id = $6 AND version = $7
