SELECT e.leaf FROM occurrence o JOIN entry e ON e.log = 'decisions' AND e.place = o.place
WHERE o.organisation = '' AND o.kind = 'rule_set.in_force' ORDER BY o.place
