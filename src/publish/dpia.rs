//! The annex to a data protection impact assessment: every fact, what reads it, and why; what is asked and read by no
//! rule; who may do what; what is kept how long.

use super::around::{Kept, MayDo};
use super::blocks::{Anchor, Block, Group, Row, Section, Table, Text, part};
use super::entries::{Told, capital, spaced};
use super::gaps::missing;
use super::parts::sources;
use super::terms::retention;
use super::uses::{Uses, asked, given};
use crate::criteria::RuleSet;
use crate::decision::Role;
use crate::facts::FactIndex;

/// What a recorded referral holds beside the facts: the keys of a request, what they are, and what for.
const BESIDE: [(&[&str], &str, &str); 14] = [
    (
        &["referrer", "organisation", "agency", "source_code", "role"],
        "Who refers: the organisation, the kind of agency and the role",
        "To answer them, and to count by agency for the board",
    ),
    (
        &["name", "contact"],
        "Names of the referrer and of each child; how to reach the referrer",
        "To act, to answer, and to find earlier referrals of the same child by a keyed hash",
    ),
    (
        &["basis", "anonymous"],
        "How the referrer knows; that a member of the public stays anonymous",
        "Shown beside each answer, so that people can weigh it",
    ),
    (&["account"], "The account in free text", "Read by people alone"),
    (&["own_words"], "The child’s own words", "Read by people alone"),
    (
        &["referrers_level"],
        "The level that the referrer thinks it is",
        "Counted beside what is indicated, for the board",
    ),
    (
        &["family_told"],
        "Whether the family knows",
        "Becomes a fact where the rules ask for it; says whether they may be told",
    ),
    (&["agrees_to_help"], "Whether the family agrees to help", "Becomes a fact where the rules ask for it"),
    (&["sharing_basis"], "The lawful basis of sharing", "Becomes a fact where the rules ask for it"),
    (&["unsafe_to_share"], "That something must reach nobody of the family", "Keeps it out of every letter"),
    (&["call"], "Of a telephone call: when it began, and whether it was read back", "The clock runs from the call"),
    (&["address", "people"], "The address, and who lives there", "To act; read by people alone"),
    (&["nhs_number", "upn"], "NHS number and unique pupil number", "To find earlier referrals of the same child"),
    (
        &["monitoring"],
        "Sex, ethnic group and disability of a child, for monitoring",
        "Counted for the board; shown on no page of those who decide",
    ),
];
/// Room for a person to write in.
const ROOM: &str = "\u{a0}";

pub(super) fn sections(rules: &RuleSet, may_do: &[MayDo], kept: &[Kept]) -> Vec<Section> {
    let told = Told::of(rules);
    let uses = Uses::of(&told);
    let (read, unread): (Vec<FactIndex>, Vec<FactIndex>) =
        (0..rules.indicators.len()).partition(|fact| uses.is_read(*fact));
    vec![
        what(rules, read.len(), unread.len()),
        council(),
        facts(&told, &uses, &read),
        without(&told, &uses, &unread),
        presumed(rules),
        criteria(&told),
        thresholds(&told),
        beside_the_rules(),
        who(may_do),
        how_long(&told, kept),
        sources(rules),
    ]
}

fn what(rules: &RuleSet, read: usize, unread: usize) -> Section {
    let facts = format!(
        "{} questions may be asked. {read} are read by some rule, {unread} by none. Not all are asked of anybody: those that are asked about every child say so, the others are asked where their topic is raised.",
        rules.indicators.len()
    );
    let blocks = vec![
        Block::paragraph(
            "For whoever writes or reads the data protection impact assessment (UK GDPR Article 35). It shows for each fact which rule reads it, what that gives, and where it comes from: what no rule needs, nobody should ask.",
        ),
        Block::list([
            facts.as_str(),
            "It is made from the rules that run. When they change, print it again; the digest above says which rules it tells of.",
            "No decision follows from a fact by itself. Rules say which level of need the facts indicate; a named person decides, and may decide otherwise.",
            "Each answer may be “not known” or refused. Not knowing is never taken as “no”.",
        ]),
    ];
    part("what", "What this annex is", blocks)
}

fn council() -> Section {
    let asked = [
        "who is the controller, who are joint controllers, and who processes on their behalf",
        "the lawful basis (UK GDPR Article 6), and the task or duty in law that it rests on",
        "for special category data the condition (Article 9; Data Protection Act 2018 Schedule 1), and for data about criminal offences the authority (Article 10)",
        "how families and children are told, and how they were consulted or why not",
        "which agreements with partners the sharing rests on",
        "why what is asked is necessary and proportionate",
        "the risks to children, families and referrers, how likely and how severe, and what is done about each",
        "the advice of the data protection officer, and who accepts what risk is left",
    ];
    part("council", "What only the council can say", asked.map(missing).into())
}

fn facts(told: &Told<'_>, uses: &Uses<'_, '_>, read: &[FactIndex]) -> Section {
    let columns = vec!["What is asked", "Special", "What reads it, and what it gives", "Why"];
    let blocks = vec![
        Block::paragraph(
            "Rules do not say which facts are special category data, or about criminal offences. Most say something of a child’s or a carer’s health, or of harm. Write S, C, both or neither in the second column.",
        ),
        missing("for each fact below, whether it is special category data (S) or about criminal offences (C)"),
        Block::Table(Table {
            caption: "Each fact that some rule reads".to_owned(),
            columns,
            groups: groups(told, read, |fact| row(told, fact, uses.lines(fact))),
            style: "facts-read",
        }),
    ];
    Section { begins_page: true, ..part("facts", "Each fact, what reads it, and why", blocks) }
}

fn without(told: &Told<'_>, uses: &Uses<'_, '_>, unread: &[FactIndex]) -> Section {
    let mut blocks = Vec::new();
    if unread.is_empty() {
        blocks.push(Block::paragraph("There are none: every question is read by some rule."));
    } else {
        blocks.push(Block::paragraph("No rule reads these. Their answers change no level, no action and no other question; people alone read them. Ask whether each is needed."));
        blocks.push(missing("for each question that no rule reads, why it is asked all the same"));
        let row = |fact: FactIndex| {
            let mut lines = vec![Text::strong("No rule reads this")];
            lines.extend(uses.lines(fact));
            row(told, fact, lines)
        };
        let columns = vec!["What is asked", "Special", "What reads it, and what it gives", "Why"];
        let caption = "Each fact that no rule reads".to_owned();
        blocks.push(Block::Table(Table { caption, columns, groups: groups(told, unread, row), style: "facts-read" }));
    }
    part("unread", "What is asked and read by no rule", blocks)
}

/// Facts by topic.
fn groups(told: &Told<'_>, facts: &[FactIndex], row: impl Fn(FactIndex) -> Row) -> Vec<Group> {
    let of_topic = |topic: usize| facts.iter().filter(move |fact| told.rules.indicators[**fact].topic == topic);
    let topics = told.rules.topics.iter().enumerate().filter(|(topic, _)| of_topic(*topic).next().is_some());
    topics
        .map(|(topic, one)| Group {
            heading: Some(one.title.clone()),
            rows: of_topic(topic).map(|fact| row(*fact)).collect(),
        })
        .collect()
}

fn row(told: &Told<'_>, fact: FactIndex, lines: Vec<Text>) -> Row {
    let indicator = &told.rules.indicators[fact];
    let mut found = vec![Text::from(indicator.ask.as_str())];
    found.extend(asked(told, fact));
    let anchor = Anchor { id: indicator.id.clone(), answers: Vec::new(), place: indicator.id.clone() };
    Row {
        entry: Some(anchor),
        cells: vec![found, vec![Text::from(ROOM)], lines, vec![told.sources(&indicator.source)]],
    }
}

fn presumed(rules: &RuleSet) -> Section {
    let presumed = rules.index.presumptions.iter().map(|(fact, class)| {
        let indicator = &rules.indicators[*fact];
        Text::default().and_link(&indicator.ask, &indicator.id).and(" ").and_strong(&indicator.in_words(*class, *class))
    });
    let presumed: Vec<Text> = presumed.collect();
    let blocks = match presumed.is_empty() {
        true => vec![Block::paragraph("These rules presume nothing about anybody.")],
        false => vec![
            Block::paragraph(
                "Each is taken on the side of concern until somebody answers it. Every answer lists what was presumed, and asks for it first.",
            ),
            Block::List { items: presumed },
        ],
    };
    part("presumed", "What is presumed", blocks)
}

fn criteria(told: &Told<'_>) -> Section {
    let criteria = told.entries.iter().filter(|entry| told.rules.criteria.iter().any(|one| one.id == entry.anchor.id));
    let rows: Vec<Row> = criteria
        .map(|entry| {
            let cells = vec![entry.found.clone(), vec![given(entry)], vec![entry.source.clone()]];
            Row { entry: Some(entry.anchor.clone()), cells }
        })
        .collect();
    let blocks = match rows.is_empty() {
        true => vec![Block::paragraph("These rules have no criteria that read several facts.")],
        false => vec![
            Block::paragraph("A criterion says what one answer alone cannot. The facts above lead here."),
            Block::table("Each criterion", vec!["What is found", "What it gives", "Why"], rows),
        ],
    };
    part("criteria", "Each criterion that reads several facts", blocks)
}

fn thresholds(told: &Told<'_>) -> Section {
    let rows = told.rules.thresholds.iter().map(|threshold| {
        let anchor = Anchor { id: threshold.id.clone(), answers: Vec::new(), place: threshold.id.clone() };
        let mut found = vec![Text::from(threshold.says.as_str()), Text::small(told.words.counted(&threshold.needs))];
        let text = Text { is_small: true, ..Text::default() };
        found.extend(threshold.unless.as_ref().map(|unless| told.linked(unless, "Does not count where ", text)));
        let gives = vec![Text::from(format!("level {}", threshold.reaches))];
        let why = vec![Text::small(&threshold.reason), told.sources(&threshold.source)];
        Row { entry: Some(anchor), cells: vec![found, gives, why] }
    });
    let blocks = vec![
        Block::paragraph("A threshold counts needs, whichever they are. It reads no answer but where it says so."),
        Block::table("Each threshold", vec!["What adds up", "What it gives", "Why"], rows.collect()),
    ];
    part("thresholds", "Each threshold that counts needs", blocks)
}

fn beside_the_rules() -> Section {
    let rows = BESIDE.iter().map(|(_, what, why)| Row::of([Text::from(*what), Text::from(*why)]));
    let blocks = vec![
        Block::paragraph(
            "A referral that is recorded also holds what follows, where somebody gives it. No rule can read any of it, but for what the table says becomes a fact.",
        ),
        Block::table("What is recorded beside the facts", vec!["What", "What for"], rows.collect()),
    ];
    part("beside", "What is recorded and read by no rule", blocks)
}

fn who(may_do: &[MayDo]) -> Section {
    let of = |role: Role, only_own: bool| {
        let rows = may_do.iter().filter(|one| one.role == role && one.only_own == only_own);
        let does: Vec<Text> = rows.map(|one| Text::from(capital(one.does))).collect();
        if does.is_empty() { vec![Text::from("Nothing")] } else { does }
    };
    let roles = Role::ALL.iter().filter(|role| may_do.iter().any(|one| one.role == **role));
    let rows = roles.map(|role| Row {
        entry: None,
        cells: vec![vec![Text::from(capital(&spaced(role.word())))], of(*role, false), of(*role, true)],
    });
    let blocks = vec![
        Block::paragraph(
            "What stands in no row is not allowed. One table in the program says so; every request is held against it, and this is printed from it. For whoever may see those of their own organisation alone, no others are there.",
        ),
        Block::table(
            "Who may do what",
            vec!["Role", "Of any organisation", "Of their own organisation alone"],
            rows.collect(),
        ),
    ];
    part("who", "Who may see and do what", blocks)
}

fn how_long(told: &Told<'_>, kept: &[Kept]) -> Section {
    let mut blocks = retention(told);
    if !kept.is_empty() {
        let rows = kept.iter().map(|one| Row::of([Text::from(one.what), Text::from(format!("{} days", one.days))]));
        blocks.push(Block::table("What the program itself keeps no longer", vec!["What", "How long"], rows.collect()));
    }
    blocks.push(Block::paragraph("Erasing destroys the key of a referral and everything that is sealed under it. That something was erased stays in the log; what it was does not."));
    part("kept", "How long it is kept", blocks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::referral::received::{CHILD_KEYS, HOME_KEYS, KEYS, REFERRER_KEYS};

    #[test]
    fn everything_that_a_recorded_referral_may_hold_is_told() {
        let told: Vec<&str> = BESIDE.iter().flat_map(|(keys, ..)| keys.iter().copied()).collect();
        for key in KEYS.iter().chain(&HOME_KEYS).chain(&CHILD_KEYS).chain(&REFERRER_KEYS) {
            assert_eq!(told.iter().filter(|one| *one == key).count(), 1, "{key}");
        }
    }
}
