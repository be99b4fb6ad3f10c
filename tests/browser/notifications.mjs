// Thirty invented notifications: five households, one incident notified twice, one row that cannot be understood.

const columns = [
  'Incident number', 'Notified at', 'Incident at', 'Officer', 'Address', 'Postcode', 'Child forename', 'Child surname',
  'Child date of birth', 'Type of incident', 'DASH grade', 'Child involvement', 'Incidents in 12 months',
  'Child in danger now', 'Missing now', 'Child carried weapon', 'Weapons', 'Notes', 'Force area',
];

/** The file, and how many households it tells of. */
export function notifications() {
  const row = (incident, household, child, notes) => [
    incident, '23/11/2026 07:45', '22/11/2026 22:10', 'PC Invented', `${household} Invented Street`, 'ZZ1 1AA',
    ['Aster', 'Briar'][child], `Nobody${household}`, `0${household}/0${child + 1}/2016`, 'Domestic', 'Medium', 'Saw or heard',
    '2', 'No', '', '', '', notes, 'North',
  ];
  const rows = [];
  // Five households of two children, each seen by two officers.
  for (const notes of ['Loud voices heard.', 'A second visit, all quiet.']) {
    for (let household = 1; household <= 5; household += 1) {
      for (const child of [0, 1]) rows.push(row(`26/1000${household}`, household, child, notes));
    }
  }
  // The first again, under another number.
  for (const child of [0, 1]) rows.push(row('26/20001', 1, child, 'Notified again.'));
  while (rows.length < 29) rows.push(row('26/10002', 2, 0, `A later note, ${rows.length}.`));
  const broken = row('26/30000', 3, 0, 'Nothing more.');
  broken[columns.indexOf('Child date of birth')] = '31/02/2016';
  rows.push(broken);
  const file = [columns, ...rows].map((cells) => cells.map((cell) => `"${cell}"`).join(',')).join('\r\n');
  return { file, households: 5 };
}
