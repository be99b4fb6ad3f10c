SELECT referral FROM handover WHERE decision = $1
