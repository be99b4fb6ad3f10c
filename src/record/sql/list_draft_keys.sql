SELECT id, sealed_key FROM draft WHERE referral IS NULL
