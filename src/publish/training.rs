//! The training pack: the levels, how to read an answer, how each topic leads to levels, and worked cases with what the
//! criteria indicate for them, at the end.

mod answers;
mod cases;

use super::blocks::{Block, NOT_SAID, Row, Section, Text, part, said};
use super::entries::{Entry, Stands, Told, capital};
use super::levels::how_soon;
use super::parts::core;
use super::picture::picture;
use crate::criteria::{RuleFile, RuleSet};
use answers::answers;
use cases::{Case, Chosen, FILE, MOST, chosen};

/// Room for a person to write in, a line.
const ROOM: &str = "\u{a0}";

pub(super) fn sections(rules: &RuleSet, files: &[RuleFile]) -> Vec<Section> {
    let told = Told::of(rules);
    let chosen = chosen(rules, files);
    let mut sections = vec![what(rules), ladder(rules), reading(rules), topics(&told), to_do(&chosen)];
    sections.extend((!chosen.cases.is_empty()).then(|| answers(rules, &chosen.cases)));
    sections
}

fn what(rules: &RuleSet) -> Section {
    let blocks = vec![
        Block::paragraph(
            "For everybody who refers children or answers referrals. Read how levels come about, work through the cases alone or in a group, then compare with what the criteria indicate and talk about the differences.",
        ),
        Block::list([
            "It is made from the rules that run. What the criteria indicate for a case was worked out by the same evaluator that answers referrals.",
            "What the criteria indicate is not the right answer. A person decides, and may see what no rule lists.",
            "The stories are invented.",
        ]),
        Block::paragraph(format!(
            "Level numbers differ from area to area. Always say the level with the framework: {} {}.",
            rules.id().framework,
            rules.id().version
        )),
    ];
    part("what", "What this pack is", blocks)
}

fn ladder(rules: &RuleSet) -> Section {
    let rows = rules.ladder().levels().iter().map(|level| {
        Row::of([
            Text::from(format!("{} {}", level.rank, level.name)),
            said(&level.means),
            said(&level.lead),
            said(&level.consent),
            Text::from(how_soon(level)),
        ])
    });
    let columns = vec!["Level", "What it means", "Who leads", "Consent", "How soon"];
    part(
        "levels",
        "The levels",
        vec![Block::Picture(picture(rules.ladder())), Block::table("The levels", columns, rows.collect())],
    )
}

fn reading(rules: &RuleSet) -> Section {
    let strong = |name: &str, says: &str| Text::strong(name).and(" ").and(says);
    let mut blocks = vec![Block::List {
        items: vec![
            strong("At least.", "The lowest level that fits what is known. Act on it now."),
            strong("At most.", "The highest level that fits what is known. Until somebody asks, it could be this."),
            strong("Settled.", "Both are the same: more information would not change the level."),
            strong(
                "Provisional.",
                "They differ. There is no level yet, only the two. What to ask next stands below it, what could change most first.",
            ),
            strong(
                "Not known is never no.",
                "A question that nobody could answer counts as open, and widens the answer. Never answer “no” because nobody said “yes”.",
            ),
            strong(
                "Taken as so.",
                "Some answers are presumed on the side of concern until somebody answers: each is shown.",
            ),
            strong(
                "Enough alone.",
                "A finding that makes the level by itself. Nothing else that is known lowers it, except what the threshold document says beside it.",
            ),
            strong("One need.", "A finding that counts, with others, towards a level."),
        ],
    }];
    blocks.push(Block::heading("Asked about every child"));
    blocks.push(match core(rules) {
        asked if asked.is_empty() => Block::paragraph("These rules ask no question about every child."),
        asked => Block::list(asked),
    });
    part("reading", "How to read an answer", blocks)
}

/// How each topic's questions lead to levels.
fn topics(told: &Told<'_>) -> Section {
    let mut blocks = vec![Block::paragraph(
        "For each topic, what leads to which level, the highest first. The threshold document says it in full, with what softens a level and where each rule comes from.",
    )];
    for (topic, one) in told.rules.topics.iter().enumerate() {
        let of_topic: Vec<&Entry> = told.entries.iter().filter(|entry| entry.topic == topic).collect();
        blocks.push(Block::heading(one.title.as_str()));
        let rows = ways(&of_topic);
        blocks.push(match rows.is_empty() {
            true => Block::paragraph("No answer of this topic gives anything by itself; other findings look at them."),
            false => Block::table(
                &format!("{}: what leads to which level", one.title),
                vec!["What it gives", "What is found"],
                rows,
            ),
        });
    }
    Section { begins_page: true, ..part("topics", "How each topic leads to levels", blocks) }
}

/// The entries of a topic by what they give, the highest level first.
fn ways(entries: &[&Entry]) -> Vec<Row> {
    let order = |stands: Stands| match stands {
        Stands::Floor(rank) => (0, u8::MAX - rank, 0),
        Stands::Duty(rank) => (0, u8::MAX - rank, 1),
        Stands::Counts(rank) => (0, u8::MAX - rank, 2),
        Stands::Raises => (1, 0, 0),
        Stands::Asks => (2, 0, 0),
        Stands::Defines => (3, 0, 0),
    };
    let mut kinds: Vec<Stands> =
        entries.iter().map(|entry| entry.stands).filter(|one| *one != Stands::Defines).collect();
    kinds.sort_by_key(|stands| order(*stands));
    kinds.dedup();
    let row = |stands: Stands| {
        let of_kind = entries.iter().filter(|entry| entry.stands == stands);
        let found: Vec<Text> = of_kind.map(|entry| Text::from(entry.title.as_str())).collect();
        Row { entry: None, cells: vec![vec![Text::from(capital(&stands.gives()))], found] }
    };
    kinds.into_iter().map(row).collect()
}

/// The cases without their answers.
fn to_do(chosen: &Chosen<'_>) -> Section {
    let mut blocks = Vec::new();
    if chosen.cases.is_empty() {
        blocks.push(Block::paragraph(format!("{NOT_SAID}: worked examples that could be cases. Write some beside the criteria, with a story that people recognise.")));
    } else {
        blocks.push(Block::paragraph("Read the story and what is known. Write down your level and why, what you would ask next and whom. What the criteria indicate stands at the end of this pack."));
        blocks.push(Block::paragraph(format!("How these were chosen: of the worked examples beside the criteria, at most {MOST} for each topic, the second with another level than the first. Those of the file {FILE} come first, then the longest stories; of equal ones the first by name.")));
    }
    if !chosen.failed.is_empty() {
        blocks.push(Block::Important {
            text: Text::strong("Not taken, because the rules do not say what the example expects:").and(&format!(
                " {}. Mend them, or the rules, before anybody is trained by these.",
                chosen.failed.join("; ")
            )),
        });
    }
    for case in &chosen.cases {
        blocks.extend(case_to_do(case));
    }
    Section { begins_page: true, ..part("cases", "Worked cases", blocks) }
}

fn case_to_do(case: &Case<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::heading(case.heading()), Block::paragraph(case.story.as_str())];
    for child in &case.children {
        let known = child.known.iter().map(|(ask, answer)| Text::from(format!("{ask} ")).and_strong(answer));
        let room = |lines: usize| vec![Text::from(ROOM); lines];
        let mut rows = vec![("Known", or_nothing(known.collect()))];
        if !child.no_sign.is_empty() {
            rows.push(("Asked, and no sign of it", vec![Text::small(child.no_sign.join(" "))]));
        }
        if !child.not_known.is_empty() {
            rows.push(("Asked, and not known", child.not_known.iter().map(|ask| Text::from(ask.as_str())).collect()));
        }
        rows.push(("Your level, and why", room(3)));
        rows.push(("What you would ask, and whom", room(2)));
        let caption = format!("{}: what is known, and what you think", case.name_of(child));
        let rows = rows.into_iter().map(|(name, lines)| (name.to_owned(), lines)).collect();
        blocks.push(Block::Facts { caption, rows });
    }
    blocks
}

fn or_nothing(lines: Vec<Text>) -> Vec<Text> {
    if lines.is_empty() { vec![Text::from("Nothing but the story")] } else { lines }
}
