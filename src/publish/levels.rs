//! A page for each level: what it is, what leads to it, and how needs add up to it.

use super::blocks::{Anchor, Block, Group, NOT_SAID, Row, Section, Table, Text, part, said};
use super::entries::{Stands, Told, capital, spaced};
use super::picture::picture;
use crate::criteria::in_words::{all_of, any_of, count, owner_id};
use crate::criteria::{RuleSet, Threshold};
use crate::ladder::{LevelOfNeed, MAX_RANK, Priority, Rank};

/// The levels in a picture and a table.
pub(super) fn ladder(rules: &RuleSet) -> Section {
    let rows = rules.ladder().levels().iter().map(|level| {
        let name =
            Text::default().and_link(&format!("{} {}", level.rank, level.name), &format!("level-{}", level.rank));
        Row::of([name, said(&level.means), said(&level.lead), said(&level.consent), Text::from(how_soon(level))])
    });
    let columns = vec!["Level", "What it means", "Who leads", "Consent", "How soon"];
    let mut section = part(
        "levels",
        "The levels at a glance",
        vec![
            Block::Picture(picture(rules.ladder())),
            Block::table("The levels", columns, rows.collect()),
            Block::paragraph(format!(
                "Level numbers differ from area to area. Always say the level with the framework: {} {}.",
                rules.id().framework,
                rules.id().version
            )),
        ],
    );
    section.begins_page = true;
    section
}

/// Every level, the least first.
pub(super) fn sections(told: &Told<'_>) -> Vec<Section> {
    told.rules.ladder().levels().iter().map(|level| section(told, level)).collect()
}

fn section(told: &Told<'_>, level: &LevelOfNeed) -> Section {
    let rank = level.rank;
    let mut blocks = vec![facts(told, level)];
    let floors = told.table(Stands::Floor(rank), &format!("Enough alone for level {rank}"));
    let duties = told.table(Stands::Duty(rank), &format!("Owed by law at level {rank}"));
    let counts = told.table(Stands::Counts(rank), &format!("One need at level {rank}"));
    let added = added_up(told, rank);
    let is_highest = rank == told.rules.ladder().highest();
    let at_least = if is_highest { rank.to_string() } else { format!("{rank} or above") };
    if floors.is_none() && duties.is_none() && counts.is_none() && added.is_none() {
        let nothing = match rank {
            1 => {
                "No single sign leads to this level. A child is here while nothing on the pages of the other levels is found."
            }
            _ => "These rules name no sign of this level and no number of needs that add up to it.",
        };
        blocks.push(Block::paragraph(nothing));
    }
    if let Some(table) = floors {
        blocks.push(Block::heading("Each of these alone is enough"));
        let says = format!(
            "One of these, and the level is {at_least}. Nothing else that is known lowers it, except what the table says beside it."
        );
        blocks.extend([Block::paragraph(says), Block::Table(table)]);
    }
    if let Some(table) = duties {
        blocks.push(Block::heading("Each of these is owed this level by law"));
        let says = format!(
            "One of these, and the level is {at_least}, because the law says so. It is a duty to help, and no finding of harm."
        );
        blocks.extend([Block::paragraph(says), Block::Table(table)]);
    }
    if let Some(table) = added {
        blocks.push(Block::heading("How needs add up to this level"));
        blocks.push(Block::paragraph("One of these is enough. A need at a higher level counts as well, and so does what is enough alone or owed by law."));
        blocks.push(Block::Table(table));
    }
    if let Some(table) = counts {
        blocks.push(Block::heading(format!("Each of these is one need at level {rank}")));
        let says = format!("These count, and needs add up. {}", alone(told.rules, rank));
        blocks.extend([Block::paragraph(says), Block::Table(table)]);
    }
    blocks.extend(beside(told, rank));
    let heading = format!("Level {rank}: {}", level.name);
    Section { id: format!("level-{rank}"), heading, begins_page: true, blocks }
}

fn facts(told: &Told<'_>, level: &LevelOfNeed) -> Block {
    let one = |text: &str| vec![said(text)];
    let mut rows = vec![("What it means", one(&level.means))];
    let family = told.rules.letters().levels.get(usize::from(level.rank) - 1).filter(|words| !words.is_empty());
    rows.extend(family.map(|words| ("In words for a family", one(words))));
    rows.extend([
        ("Legal basis", one(level.legal_basis.as_deref().unwrap_or("No Act is named by the rules"))),
        ("Who leads", one(&level.lead)),
        ("Assessment", one(&level.assessment)),
        ("Consent", one(&level.consent)),
        ("How soon", vec![Text::from(how_soon(level))]),
        ("Who may decide it", vec![who_decides(level)]),
        ("Next steps", level.next_steps.iter().map(|step| Text::from(step.as_str())).collect()),
    ]);
    if !level.actions.is_empty() {
        rows.push(("Always do", vec![Text::default().and_links(told.done_by_id(&level.actions))]));
    }
    let rows = rows.into_iter().map(|(name, lines)| (name.to_owned(), lines)).collect();
    Block::Facts { caption: format!("Level {} in short", level.rank), rows }
}

/// How soon the type of response is decided.
pub(super) fn how_soon(level: &LevelOfNeed) -> String {
    let within = capital(&level.respond_within.to_string());
    format!("{within} (priority {})", priority(level.priority))
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Blue => "blue",
        Priority::Green => "green",
        Priority::Amber => "amber",
        Priority::Red => "red",
    }
}

/// Who may decide a level.
pub(super) fn who_decides(level: &LevelOfNeed) -> Text {
    if level.may_decide.is_empty() {
        return Text::from(NOT_SAID);
    }
    Text::from(capital(&any_of(level.may_decide.iter().map(|role| spaced(role)))))
}

/// What a need that stands alone leads to.
fn alone(rules: &RuleSet, rank: Rank) -> String {
    let is_one = |threshold: &&Threshold| threshold.needs.iter().all(|part| part.at <= rank && part.at_least <= 1);
    // Whether one need is in as many domains as are asked for depends on the need.
    let is_sure =
        |threshold: &Threshold| threshold.needs.iter().all(|part| part.domains.is_none() && part.groups.is_none());
    let reached: Vec<&Threshold> = rules.thresholds.iter().filter(is_one).collect();
    let highest = reached.iter().map(|threshold| threshold.reaches).max();
    let highest = highest.filter(|_| reached.iter().all(|threshold| is_sure(threshold)));
    let Some(highest) = highest else {
        return "How they add up stands under “How needs add up to this level” of each level.".to_owned();
    };
    let lapses = reached.iter().filter(|threshold| threshold.reaches == highest).all(|one| one.unless.is_some());
    let lapses = if lapses { ", or to a lower one where it does not count" } else { "" };
    let line = rules.hardship_line();
    let hardship =
        if highest >= line { format!(" Hardship leads no further than below level {line}.") } else { String::new() };
    format!("Counted by itself, one of them leads to level {highest}{lapses}.{hardship}")
}

fn added_up(told: &Told<'_>, rank: Rank) -> Option<Table> {
    let thresholds = told.rules.thresholds.iter().filter(|threshold| threshold.reaches == rank);
    let rows: Vec<Row> = thresholds.map(|threshold| added(told, threshold)).collect();
    let columns = vec!["What adds up", "At least", "Why", "Source"];
    let caption = format!("How needs add up to level {rank}");
    let groups = vec![Group { heading: None, rows }];
    (!groups[0].rows.is_empty()).then_some(Table { caption, columns, groups, style: "" })
}

fn added(told: &Told<'_>, threshold: &Threshold) -> Row {
    let rules = told.rules;
    let mut counted = vec![Text::from(told.words.counted(&threshold.needs))];
    if rules.leaves_out_hardship(threshold) {
        counted.push(Text::small("").and_link("Hardship", "part-hardship").and(" is left out"));
    }
    if let Some(unless) = &threshold.unless {
        let text = Text { is_small: true, ..Text::default() };
        counted.push(
            told.linked(unless, "Does not count where ", text)
                .and(" It counts all the same while something raises the level."),
        );
    }
    if !threshold.considerations.is_empty() {
        counted.push(Text::small("A manager answers: ").and_links(told.answered(&threshold.considerations)));
    }
    let anchor = Anchor { id: threshold.id.clone(), answers: Vec::new(), place: threshold.id.clone() };
    let says = vec![Text::from(threshold.says.as_str())];
    let cells = vec![says, counted, vec![Text::small(&threshold.reason)], vec![told.sources(&threshold.source)]];
    Row { entry: Some(anchor), cells }
}

/// What else bears on a level: what softens to it, what raises to it and from it.
fn beside(told: &Told<'_>, rank: Rank) -> Vec<Block> {
    let rules = told.rules;
    let modifiers = &rules.modifiers;
    let mut items = Vec::new();
    let softened = told.entries.iter().filter(|entry| entry.softens_to == Some(rank));
    let softened: Vec<(String, String)> =
        softened.map(|entry| (entry.title.clone(), entry.anchor.place.clone())).collect();
    if !softened.is_empty() {
        items.push(
            Text::from("A higher level softens to this one, where its page says so, of: ").and_links_by("; ", softened),
        );
    }
    let steps = modifiers.steps_at_most > 0 && told.entries.iter().any(|entry| entry.stands == Stands::Raises);
    let highest = rules.ladder().highest();
    if steps && rank < highest && rules.modifier_steps_from(rank) {
        let text = format!("From this level a child may be raised to level {}: see ", rank + 1);
        items.push(Text::from(text).and_link("what raises a level", "part-raises").and("."));
    }
    if steps && rank > 1 && rules.modifier_steps_from(rank - 1) {
        let text = format!("A child at level {} may be raised to this level: see ", rank - 1);
        items.push(Text::from(text).and_link("what raises a level", "part-raises").and("."));
    }
    let instead = modifiers.instead.iter().filter(|(at, _)| *at == rank).flat_map(|(_, asked)| asked);
    let instead: Vec<usize> = instead.copied().collect();
    if !instead.is_empty() {
        let text = Text::from("At this level nothing raises further; where something would, a manager answers: ");
        items.push(text.and_links(told.answered(&instead)));
    }
    if rules.hardship_line() == rank {
        let text = Text::default().and_link("Hardship", "part-hardship");
        items.push(text.and(" never helps to reach this level or a higher one."));
    }
    if items.is_empty() {
        return Vec::new();
    }
    vec![Block::heading("What else bears on this level"), Block::List { items }]
}

/// What makes a child more vulnerable, and what may not.
pub(super) fn raises(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let modifiers = &rules.modifiers;
    let from: Vec<String> = (1..=rules.ladder().highest())
        .filter(|rank| rules.modifier_steps_from(*rank))
        .map(|rank| format!("level {rank}"))
        .collect();
    let mut blocks = Vec::new();
    match told.table(Stands::Raises, "What makes a child more vulnerable") {
        None => blocks.push(Block::paragraph("These rules name nothing that raises a level.")),
        Some(table) => {
            let steps = count(usize::from(modifiers.steps_at_most), "step");
            let says = if modifiers.steps_at_most == 0 || from.is_empty() {
                "These make a child more vulnerable. The rules let them raise no level.".to_owned()
            } else {
                format!(
                    "These make a child more vulnerable. However many are found, they raise the level by at most {steps}, and only from {}.",
                    all_of(&from)
                )
            };
            blocks.push(Block::paragraph(says));
            if !modifiers.because.reason.is_empty() {
                blocks.push(Block::Paragraph {
                    text: because(told, &modifiers.because.reason, &modifiers.because.source),
                });
            }
            blocks.push(Block::Table(table));
        }
    }
    Section { id: "part-raises".to_owned(), heading: "What raises a level".to_owned(), begins_page: true, blocks }
}

/// Hardship and protection: what raises less, or nothing.
pub(super) fn hardship(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let mut blocks = vec![Block::heading("Hardship")];
    let line = rules.hardship_line();
    if line > MAX_RANK {
        blocks.push(Block::paragraph("The rules draw no line for needs of hardship, such as money or housing."));
    } else {
        let says = format!(
            "Needs that are marked as hardship, such as money or housing, lead to help. They never help to reach level {line} or above."
        );
        blocks.push(Block::paragraph(says));
        if !rules.hardship_because.reason.is_empty() {
            let (reason, source) = (&rules.hardship_because.reason, &rules.hardship_because.source);
            blocks.push(Block::Paragraph { text: because(told, reason, source) });
        }
    }
    blocks.push(Block::heading("Strengths"));
    let protective = (0..rules.indicators.len()).filter(|fact| rules.is_protective(*fact));
    let asked: Vec<&str> = protective.map(|fact| rules.indicators[fact].ask.as_str()).collect();
    if asked.is_empty() {
        blocks.push(Block::paragraph("These rules ask about no strengths."));
    } else {
        let says = "Taken as absent until somebody states them. They are recorded and shown, and take nothing away except where a page says so.";
        blocks.extend([Block::paragraph(says), Block::list(asked)]);
    }
    if !rules.protection.is_empty() {
        blocks.push(Block::paragraph("These cancel what would raise a level:"));
        let rows = rules.protection.iter().map(|one| {
            let cancels = one.cancels.iter().filter_map(|owner| owner_id(rules, owner));
            let cancels = all_of(cancels.map(|id| spaced(&id)));
            format!("{} cancels {cancels}", rules.indicators[one.fact].ask)
        });
        blocks.push(Block::list(rows));
    }
    let heading = "What helps, and what never counts against a family".to_owned();
    Section { id: "part-hardship".to_owned(), heading, begins_page: false, blocks }
}

fn because(told: &Told<'_>, reason: &str, source: &[String]) -> Text {
    let mut text = Text::from(format!("Why: {}. Source: ", reason.trim_end_matches('.')));
    text.parts.extend(told.sources(source).parts);
    text
}
