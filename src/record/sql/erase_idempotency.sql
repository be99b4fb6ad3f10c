DELETE FROM idempotency WHERE place IN (SELECT place FROM entry WHERE referral = $1)
