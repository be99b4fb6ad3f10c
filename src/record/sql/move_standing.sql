UPDATE referral SET standing = $1 WHERE id = $2 AND version = $3
