DELETE FROM handover WHERE referral = $1
