//! What a threshold document must cover and where it does; and where every entry stands.

use std::collections::BTreeMap;

use super::blocks::{Block, Row, Section, Text, part};
use super::entries::{Told, capital, spaced};
use super::parts::place_of;
use crate::criteria::STATUTORY_PARTS;

/// More places than these are counted, not listed.
const MOST_PLACES: usize = 6;

/// The parts that statutory guidance asks for.
pub(super) fn coverage(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let rows = STATUTORY_PARTS.map(|wanted| {
        let mut places: Vec<(String, String)> = Vec::new();
        for level in rules.ladder().levels() {
            let texts = [Some(&level.means), level.legal_basis.as_ref(), Some(&level.assessment)];
            if texts.into_iter().flatten().chain(&level.next_steps).any(|text| wanted.is_in(text)) {
                places.push((format!("Level {}", level.rank), format!("level-{}", level.rank)));
            }
        }
        let entries = told.entries.iter().filter(|entry| wanted.is_in(&entry.text));
        for entry in entries {
            // A question stands once, whatever its answers give.
            let name = spaced(&entry.anchor.id);
            if places.iter().all(|(says, _)| *says != name) {
                places.push((name, entry.anchor.place.clone()));
            }
        }
        for (fact, indicator) in rules.indicators.iter().enumerate() {
            let texts = [Some(&indicator.ask), indicator.say.as_ref(), indicator.hint.as_ref()];
            let is_entry = told.entries.iter().any(|entry| entry.anchor.id == indicator.id);
            if !is_entry && texts.into_iter().flatten().any(|text| wanted.is_in(text)) {
                places.push((spaced(&indicator.id), place_of(told, fact).to_owned()));
            }
        }
        let done = rules.actions.iter().map(|one| (&one.id, &one.says));
        let answered = rules.considerations.iter().map(|one| (&one.id, &one.says));
        places.extend(
            done.chain(answered).filter(|(_, says)| wanted.is_in(says)).map(|(id, _)| (spaced(id), id.clone())),
        );
        let more = places.len().saturating_sub(MOST_PLACES);
        let text = match places.is_empty() {
            true => Text::strong("Not covered by these rules"),
            false => Text::default().and_links(places.into_iter().take(MOST_PLACES)),
        };
        let text = if more > 0 { text.and(&format!(", and {more} more")) } else { text };
        Row::of([Text::from(capital(wanted.name)), text])
    });
    let blocks = vec![
        Block::paragraph(
            "Statutory guidance says what a threshold document must cover. Here is where this one does. It tells the subject alone: whether enough is said is for the partners to judge.",
        ),
        Block::table("What must be covered, and where it is", vec!["Part", "Where"], rows.into()),
    ];
    part("covers", "What a threshold document must cover", blocks)
}

/// Every question, criterion and threshold by id, and where it stands.
pub(super) fn index(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let mut all: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    for entry in &told.entries {
        let (_, says) = entry.stands.section();
        let places = all.entry(&entry.anchor.id).or_default();
        // Several answers may stand in one place.
        if places.iter().all(|(other, _)| *other != says) {
            places.push((says, entry.anchor.place.clone()));
        }
    }
    for threshold in &rules.thresholds {
        let says = format!("level {}", threshold.reaches);
        all.entry(&threshold.id).or_default().push((says, threshold.id.clone()));
    }
    for (fact, indicator) in rules.indicators.iter().enumerate() {
        let place = place_of(told, fact);
        let says = match place {
            "part-hardship" => "strengths",
            "part-never" => "never decides",
            _ => "how a level is reached",
        };
        all.entry(&indicator.id).or_insert_with(|| vec![(says.to_owned(), place.to_owned())]);
    }
    let items = all.into_iter().map(|(id, places)| Text::from(format!("{id}: ")).and_links(places));
    let mut section = part(
        "index",
        "Index",
        vec![
            Block::paragraph("Every question, criterion and threshold by the name that the rules have for it."),
            Block::Columns { items: items.collect() },
        ],
    );
    section.begins_page = true;
    section
}
