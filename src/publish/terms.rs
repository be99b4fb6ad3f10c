//! From when rules are in force, and how long referrals are kept.

use jiff::civil::Date;

use super::blocks::{Block, NOT_SAID, Row, Text, said};
use super::entries::Told;
use super::gaps::missing;
use crate::criteria::RuleSet;

/// From when until when the rules say that they are in force.
pub(super) fn in_force(rules: &RuleSet) -> String {
    let in_force = &rules.framework().in_force;
    let until = in_force.until.as_ref().map(|until| format!(" until {}", day(until))).unwrap_or_default();
    format!("from {}{until}", day(&in_force.from))
}

/// A date as one says it.
fn day(date: &str) -> String {
    date.parse().map_or_else(|_| date.to_owned(), said_day)
}

/// A day as one says it.
pub(super) fn said_day(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// What a code list is called by which rules say how long referrals are kept.
const RETENTION: &str = "retention_classes";

/// How long referrals are kept.
pub(super) fn retention(told: &Told<'_>) -> Vec<Block> {
    let lists = &told.rules.framework().code_lists;
    let Some(list) = lists.iter().find(|list| list.id == RETENTION) else {
        return vec![
            Block::paragraph(format!("{NOT_SAID}: how long a referral is kept.")),
            missing("how long referrals are kept, and why so long"),
        ];
    };
    let rows = list.codes.iter().map(|code| Row::of([Text::from(code.code.as_str()), said(&code.means)]));
    vec![
        Block::paragraph(
            "How long a referral is kept is said of each, by one of these. What nobody said anything about is kept, and so is what waits for somebody.",
        ),
        Block::table(&list.title, vec!["Class", "What it means"], rows.collect()),
        Block::Paragraph { text: Text::from("Source: ").and_text(told.sources(&list.source)).and(".") },
    ]
}
