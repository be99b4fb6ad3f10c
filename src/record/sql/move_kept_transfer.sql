UPDATE kept_transfer SET dealt_with = $1, dealt_at = $2, referral = $3 WHERE id = $4 AND dealt_with IS NULL
