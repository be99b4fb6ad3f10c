//! A Monday morning's notifications from an invented force: the same on every machine, and no real child.

use crate::reference::dice::Dice;

/// The columns of `rules/mappings/police_notifications.yaml`, as the file has them.
pub const COLUMNS: [&str; 20] = [
    "Incident number",
    "Notified at",
    "Incident at",
    "Officer",
    "Address",
    "Postcode",
    "Child forename",
    "Child surname",
    "Child date of birth",
    "NHS number",
    "Type of incident",
    "DASH grade",
    "Child involvement",
    "Incidents in 12 months",
    "Child in danger now",
    "Missing now",
    "Child carried weapon",
    "Weapons",
    "Notes",
    "Force area",
];

/// A row, by column.
pub type Row = [String; 20];

/// What came that morning.
pub struct Morning {
    pub rows: Vec<Row>,
    /// How many incidents and households there are, duplicates included.
    pub groups: usize,
    /// Incidents that were notified twice: the one and the other address or number.
    pub duplicates: usize,
    /// Children whom an earlier referral names: name, and date of birth.
    pub known: Vec<(String, String)>,
    /// Places in `rows` of those that cannot be mapped.
    pub unmappable: Vec<usize>,
}

const FORENAMES: [&str; 8] = ["Aster", "Briar", "Clover", "Damson", "Elder", "Fennel", "Hazel", "Ivy"];

fn household(number: usize) -> (String, String) {
    (format!("{} Invented Street", number + 1), format!("ZZ{} {}AA", number / 9 + 1, number % 9 + 1))
}

/// One row about a child of a household; `told` throws what is said.
fn row(incident: &str, home: &(String, String), child: (usize, usize), told: &mut Dice) -> Row {
    let (family, place) = child;
    let pick = |dice: &mut Dice, list: &[&str]| (*dice.pick(list).unwrap()).to_owned();
    let kind = pick(told, &["Domestic", "Domestic", "Concern for safety", "Neglect", "Missing"]);
    let is_domestic = kind == "Domestic";
    let grade = if is_domestic { pick(told, &["High", "Medium", "Standard", "Not done"]) } else { String::new() };
    let seen = ["Not present", "In the house", "Saw or heard", "Saw or heard", "Hurt"];
    let involved = if is_domestic { pick(told, &seen) } else { "Not domestic".into() };
    let count = if is_domestic { pick(told, &["1", "2", "4", "Not known"]) } else { String::new() };
    let missing = if kind == "Missing" { pick(told, &["Yes", "No"]) } else { String::new() };
    let notes =
        ["Loud voices heard.", "A door was broken, \"by accident\".", "Thin: attended, no offences.\nAll quiet."];
    [
        incident.to_owned(),
        "23/11/2026 07:45".into(),
        "22/11/2026 22:10".into(),
        "PC Invented".into(),
        home.0.clone(),
        home.1.clone(),
        FORENAMES[place].into(),
        format!("Nobody{family}"),
        format!("{:02}/{:02}/{}", family % 27 + 1, place + 1, 2012 + (family + place) % 12),
        String::new(),
        kind,
        grade,
        involved,
        count,
        pick(told, &["No", "No", "", "Not known"]),
        missing,
        String::new(),
        String::new(),
        pick(told, &notes),
        "North".into(),
    ]
}

/// So many rows of so many households, with duplicates, children known before, and rows that cannot be mapped.
pub fn morning(rows: usize, households: usize, duplicates: usize, known: usize) -> Morning {
    let mut dice = Dice::new(500);
    let mut all: Vec<Row> = Vec::new();
    let children: Vec<usize> = (0..households).map(|_| dice.between(2, 4)).collect();
    for (number, count) in children.iter().enumerate() {
        let (incident, home) = (format!("26/{}", 10_000 + number), household(number));
        all.extend((0..*count).map(|place| row(&incident, &home, (number, place), &mut dice)));
    }
    for number in 0..duplicates {
        let (place, mut home) = (number * households / duplicates, household(number * households / duplicates));
        // Notified again under another number, or with the address spelt otherwise.
        let incident = if number % 2 == 0 {
            format!("26/{}", 20_000 + place)
        } else {
            home.0 = home.0.replace("Street", "St");
            format!("26/{}", 10_000 + place)
        };
        all.extend((0..children[place]).map(|child| row(&incident, &home, (place, child), &mut dice)));
    }
    let broken = 5;
    // A second officer's account of a child of the same incident, until there are as many rows as came.
    for number in (0..households).cycle() {
        if all.len() + broken >= rows {
            break;
        }
        let place = dice.below(children[number]);
        all.push(row(&format!("26/{}", 10_000 + number), &household(number), (number, place), &mut dice));
    }
    let spoilt: [(&str, &str); 5] = [
        ("Child date of birth", "31/02/2015"),
        ("Incident number", ""),
        ("DASH grade", "Gold"),
        ("Child forename", ""),
        ("Child date of birth", "04/07/1961"),
    ];
    let mut spoilt_rows = Vec::new();
    for (column, cell) in spoilt {
        let mut one = row("26/30000", &household(0), (0, 0), &mut dice);
        one[COLUMNS.iter().position(|known| *known == column).unwrap()] = cell.into();
        if column == "Child forename" {
            one[7] = String::new();
        }
        spoilt_rows.push(one);
    }
    all.extend(spoilt_rows.iter().cloned());
    assert_eq!(all.len(), rows);
    dice.shuffle(&mut all);
    let unmappable = all.iter().enumerate().filter(|(_, one)| spoilt_rows.contains(one)).map(|(place, _)| place);
    let of = |number: usize| {
        let one = row("", &household(number), (number, 0), &mut Dice::new(1));
        let (day, rest) = one[8].split_once('/').unwrap();
        let (month, year) = rest.split_once('/').unwrap();
        (format!("{} {}", one[6], one[7]), format!("{year}-{month}-{day}"))
    };
    Morning {
        unmappable: unmappable.collect(),
        groups: households + duplicates,
        duplicates,
        known: (0..known).map(of).collect(),
        rows: all,
    }
}

/// As a file.
pub fn csv_of(rows: &[Row]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

/// As lines of JSON.
pub fn ndjson_of(rows: &[Row]) -> Vec<u8> {
    let line = |row: &Row| {
        let cells = COLUMNS.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.clone().into()));
        serde_json::Value::Object(cells.collect()).to_string() + "\n"
    };
    rows.iter().map(line).collect::<String>().into_bytes()
}
