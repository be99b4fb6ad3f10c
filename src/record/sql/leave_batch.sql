UPDATE batch_referral SET referral = NULL WHERE referral = $1
