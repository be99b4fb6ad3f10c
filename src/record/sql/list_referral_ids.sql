SELECT id FROM referral ORDER BY id
