SELECT referral FROM entry WHERE log = $1 AND place = $2
