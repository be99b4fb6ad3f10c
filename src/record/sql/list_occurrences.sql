SELECT o.place, o.kind, o.referral, o.child, e.leaf, e.leaf_hash FROM (
    SELECT * FROM (SELECT * FROM occurrence WHERE organisation = $1 AND place > $2 ORDER BY place LIMIT $3) theirs
    UNION ALL
    SELECT * FROM (SELECT * FROM occurrence WHERE organisation = '' AND place > $2 ORDER BY place LIMIT $3) everybodys
) o
JOIN entry e ON e.log = 'decisions' AND e.place = o.place ORDER BY o.place LIMIT $3
