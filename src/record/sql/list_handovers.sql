SELECT referral, decision FROM handover WHERE ($1 = '' OR organisation = $1) AND ($2 = '' OR outcome = $2)
ORDER BY waits DESC, decision DESC LIMIT $3
