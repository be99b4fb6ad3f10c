//! `docs/limits.md` says what the source says: every limit of the server, and no other.

use std::collections::BTreeMap;
use std::fs;

use windscreen::server::Limits;

use super::folder;

/// Where every constant that is a number or a time is a limit, and stands in the table.
const EVERY_ONE_OF: [&str; 14] = [
    "src/access/quota.rs",
    "src/access/tokens.rs",
    "src/access/tries.rs",
    "src/api.rs",
    "src/api/batch.rs",
    "src/api/room.rs",
    "src/json.rs",
    "src/notifications.rs",
    "src/outgoing.rs",
    "src/pages.rs",
    "src/pages/provider.rs",
    "src/server.rs",
    "src/server/connections.rs",
    "src/server/turned_away.rs",
];

/// In bytes, in seconds, or by number.
type Values = BTreeMap<String, u64>;

/// The constants of a file, as far as they are numbers and times.
fn constants(path: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder(path)).unwrap();
    let lines = text.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once("const ")?.1.split_once(": ")?;
        let (kind, value) = rest.split_once(" = ")?;
        let is_limit = ["usize", "u32", "u64", "i64", "NonZeroU32", "Duration", "SignedDuration"].contains(&kind);
        is_limit.then(|| (name.to_owned(), value.trim_end_matches(';').to_owned()))
    });
    lines.collect()
}

/// What a constant's text comes to.
fn value(text: &str, others: &dyn Fn(&str) -> u64) -> u64 {
    if let Some((call, rest)) = text.split_once('(') {
        let within = value(rest.split(')').next().unwrap(), others);
        return match call.rsplit("::").next().unwrap() {
            "from_secs" | "new" => within,
            "from_mins" => within * 60,
            "from_hours" => within * 60 * 60,
            _ => panic!("{text}"),
        };
    }
    if let Some((left, right)) = text.split_once(" + ") {
        return value(left, others) + value(right, others);
    }
    if let Some((left, right)) = text.split_once(" * ") {
        return value(left, others) * value(right, others);
    }
    text.replace('_', "").parse().unwrap_or_else(|_| others(text))
}

fn in_the_source() -> Values {
    // Everything destructured, so that a new one is not forgotten.
    let Limits {
        header_timeout,
        stall_timeout,
        pace_every,
        pace_bytes,
        life,
        longest_life,
        connections,
        for_health,
        for_partners,
        for_address,
        shutdown,
        counted: _,
    } = Limits::default();
    let of_the_loop = [
        ("header_timeout", header_timeout.as_secs()),
        ("stall_timeout", stall_timeout.as_secs()),
        ("pace_every", pace_every.as_secs()),
        ("pace_bytes", pace_bytes),
        ("life", life.as_secs()),
        ("longest_life", longest_life.as_secs()),
        ("connections", connections as u64),
        ("for_health", for_health as u64),
        ("for_partners", for_partners as u64),
        ("for_address", for_address as u64),
        ("shutdown", shutdown.as_secs()),
    ];
    let mut values: Values =
        of_the_loop.iter().map(|(name, value)| (format!("src/server.rs {name}"), *value)).collect();
    let others = ["src/transfer.rs", "src/referral/request.rs", "src/command/serve.rs"];
    let files: Vec<_> = EVERY_ONE_OF.iter().chain(&others).map(|path| (*path, constants(path))).collect();
    let named = |name: &str| {
        let found = files.iter().find_map(|(_, constants)| constants.get(name));
        value(found.unwrap_or_else(|| panic!("{name} is no limit")), &|other| panic!("{other}"))
    };
    for (path, constants) in &files {
        for (name, text) in constants {
            values.insert(format!("{path} {name}"), value(text, &named));
        }
    }
    values
}

/// The table: name, value, unit, where it stands.
fn in_the_document() -> Vec<(String, u64, String)> {
    let text = fs::read_to_string(folder("docs/limits.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        <[String; 7]>::try_from(cells).unwrap_or_else(|cells| panic!("{cells:?}"))
    });
    let rows = rows.filter(|[name, ..]| name != "What" && !name.starts_with("---"));
    rows.map(|[name, value, unit, _, _, _, place]| {
        let unit = match unit.as_str() {
            "" | "bytes" | "s" => 1,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            "min" => 60,
            "h" => 60 * 60,
            other => panic!("{name}: {other}"),
        };
        (name, value.replace(',', "").parse::<u64>().unwrap() * unit, place.replace('`', ""))
    })
    .collect()
}

#[test]
fn the_table_of_limits_is_the_source() {
    let (source, document) = (in_the_source(), in_the_document());
    for (name, value, place) in &document {
        assert_eq!(source.get(place), Some(value), "{name} ({place})");
    }
    let must = source.keys().filter(|place| EVERY_ONE_OF.contains(&place.split(' ').next().unwrap()));
    for place in must {
        assert_eq!(
            document.iter().filter(|(.., listed)| listed == place).count(),
            1,
            "docs/limits.md lists {place} once"
        );
    }
    assert!(document.len() > 40, "{}", document.len());
}
