SELECT o.place, o.kind, o.referral, o.child, e.leaf, e.leaf_hash FROM occurrence o
JOIN entry e ON e.log = 'decisions' AND e.place = o.place WHERE o.place > $1 ORDER BY o.place LIMIT $2
