SELECT batch, part, referral FROM batch_referral WHERE referral IS NOT NULL ORDER BY batch, part
