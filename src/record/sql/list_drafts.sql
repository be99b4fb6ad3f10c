SELECT id, version, changed_at, sealed_key, sealed FROM draft
WHERE organisation = $1 AND referral IS NULL AND changed_at >= $2 ORDER BY changed_at DESC, id
