SELECT decision, organisation, outcome, waits FROM handover WHERE referral = $1 ORDER BY decision
