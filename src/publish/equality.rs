//! The equality monitoring note: what is counted and read by no rule, what no rule may ask, and which facts could stand
//! for it.

use super::blocks::{Block, Group, NOT_SAID, Row, Section, Table, Text, part};
use super::entries::{Told, capital, spaced};
use super::gaps::missing;
use super::parts::sources;
use super::uses::Uses;
use crate::criteria::in_words::{all_of, count};
use crate::criteria::{Contribution, Indicator, RuleSet};
use crate::facts::FactIndex;
use crate::figures::{Figures, VALUES, monitored};

/// What people must not be treated worse for, and the words by which a question that comes near it is known. A word that
/// ends with `*` stands for every word that begins so.
struct Characteristic {
    name: &'static str,
    words: &'static [&'static str],
}

/// The protected characteristics of the Equality Act 2010 section 4, in its order.
const PROTECTED: [Characteristic; 9] = [
    Characteristic {
        name: "Age",
        words: &["age", "ages", "aged", "old", "young", "teen*", "baby", "babies", "unborn", "born"],
    },
    Characteristic {
        name: "Disability",
        words: &[
            "disab*",
            "impair*",
            "sen",
            "educational",
            "communication",
            "speech",
            "learning",
            "mobile",
            "walk",
            "mental",
        ],
    },
    Characteristic { name: "Gender reassignment", words: &["gender*", "trans", "transgender", "identity"] },
    Characteristic { name: "Marriage and civil partnership", words: &["marriage*", "married", "civil"] },
    Characteristic {
        name: "Pregnancy and maternity",
        words: &["pregnan*", "unborn", "antenatal", "birth", "maternity", "gestation"],
    },
    Characteristic {
        name: "Race",
        words: &[
            "race",
            "racis*",
            "racial*",
            "ethnic*",
            "national*",
            "asylum",
            "refugee*",
            "immigra*",
            "migra*",
            "language*",
            "interpreter*",
            "recourse",
            "arrived",
            "arrival",
            "unaccompanied",
            "traffick*",
            "fgm",
            "mutilation",
            "honour",
        ],
    },
    Characteristic {
        name: "Religion or belief",
        words: &["religio*", "faith", "belief*", "spirits", "witchcraft", "extremis*", "radicalis*", "honour"],
    },
    Characteristic {
        name: "Sex",
        words: &[
            "sex",
            "girl*",
            "boy*",
            "female",
            "male",
            "gender",
            "mother*",
            "father*",
            "pregnan*",
            "fgm",
            "mutilation",
        ],
    },
    Characteristic { name: "Sexual orientation", words: &["sexuality", "gay", "lesbian", "bisexual", "identity"] },
];

impl Characteristic {
    fn has(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        words.any(|word| {
            self.words.iter().any(|known| match known.strip_suffix('*') {
                Some(stem) => word.starts_with(stem),
                None => word == *known,
            })
        })
    }
}

pub(super) fn sections(rules: &RuleSet) -> Vec<Section> {
    let told = Told::of(rules);
    let uses = Uses::of(&told);
    vec![what(), counted(), never(rules), stand_for(&told, &uses), small(), look_at(), council(), sources(rules)]
}

fn what() -> Section {
    let blocks = vec![
        Block::paragraph(
            "For the safeguarding board and the council’s equality lead. A public authority has due regard to equality in what it does (Equality Act 2010 section 149). Referrals and their outcomes have been shown to vary with who the family is and how they came; this note says how that would be seen here.",
        ),
        Block::list([
            "It is made from the rules that run. When they change, print it again.",
            "It shows where to look. Whether a difference is justified is for people to judge.",
        ]),
    ];
    part("what", "What this note is", blocks)
}

fn counted() -> Section {
    let rows = monitored().into_iter().map(|(by, labels)| Row::of([Text::from(by), Text::from(labels.join("; "))]));
    let blocks = vec![
        Block::paragraph(
            "What was decided is counted each month by what follows. Sex, ethnic group and disability are given apart from the facts, may be left out, and are shown on no page of those who decide. Age follows from the date of birth; how a referral came is known from the record.",
        ),
        Block::table("What is counted by", vec!["By", "Categories"], rows.collect()),
        missing("whether religion or belief, and other characteristics, are to be monitored in another way"),
    ];
    part("counted", "What is monitored", blocks)
}

fn never(rules: &RuleSet) -> Section {
    let never = &rules.framework().never_facts;
    let mut blocks = Vec::new();
    if never.is_empty() {
        blocks.push(Block::paragraph(format!("{NOT_SAID}: what no rule may ask. Rules could ask about anything.")));
    } else {
        blocks.push(Block::paragraph("Rules are made of facts, and none of these can be a fact: rules that name one are refused when they are loaded. So no rule reads what is monitored, whatever it is called."));
        blocks.push(Block::Columns { items: never.iter().map(|word| Text::from(capital(&spaced(word)))).collect() });
    }
    let rows = PROTECTED.iter().map(|one| {
        let on: Vec<String> = never
            .iter()
            .filter(|word| one.has(&spaced(word)) || spaced(word) == one.name.to_lowercase())
            .map(|word| spaced(word))
            .collect();
        let says = if on.is_empty() { "Not on the list".to_owned() } else { capital(&all_of(on)) };
        Row::of([Text::from(one.name), Text::from(says)])
    });
    blocks.push(Block::table(
        "Each protected characteristic, and what of it no rule may ask",
        vec!["Characteristic", "On the list of what no rule may ask"],
        rows.collect(),
    ));
    blocks.push(Block::paragraph("Some stand on no list with good reason: a baby is hurt more easily than a child of ten, and a disabled child is a child in need in law (Children Act 1989 section 17). Where rules do ask, the next part shows it."));
    part("never", "What no rule may ask", blocks)
}

fn stand_for(told: &Told<'_>, uses: &Uses<'_, '_>) -> Section {
    let rules = told.rules;
    let mut groups: Vec<Group> =
        PROTECTED.iter().map(|one| group(told, uses, one.name, |fact| is_near(rules, one, fact))).collect();
    groups.push(group(told, uses, "Poverty, which the Act does not protect", |fact| {
        is_hardship(&rules.indicators[fact])
    }));
    let (some, none): (Vec<Group>, Vec<Group>) = groups.into_iter().partition(|group| !group.rows.is_empty());
    let mut blocks = vec![Block::paragraph(
        "A fact may say something of a characteristic without naming it. These questions come near one, by the words of the question, its topic, or what the rules say of it. For each stands what its answers give and which criteria read it. The list is made by looking for words: what it does not find may stand for one all the same, so read the annex to the data protection impact assessment as well.",
    )];
    if !some.is_empty() {
        blocks.push(missing(
            "for each question below, why it is needed, and what is done so that it does not count against a family",
        ));
        blocks.push(Block::Table(Table {
            caption: "Facts that could stand for a characteristic".to_owned(),
            columns: vec!["What is asked", "What its answers give, and the criteria that read it", "Why"],
            groups: some,
            style: "near",
        }));
    }
    let none: Vec<String> =
        none.into_iter().filter_map(|group| group.heading).map(|name| name.to_lowercase()).collect();
    if !none.is_empty() {
        blocks.push(Block::paragraph(format!("No question was found for {}.", all_of(none))));
    }
    Section { begins_page: true, ..part("stand-for", "Facts that could stand for a characteristic", blocks) }
}

fn group(told: &Told<'_>, uses: &Uses<'_, '_>, name: &str, is_of: impl Fn(FactIndex) -> bool) -> Group {
    let facts = (0..told.rules.indicators.len()).filter(|fact| is_of(*fact));
    let row = |fact: FactIndex| {
        let indicator = &told.rules.indicators[fact];
        let asked = vec![Text::from(indicator.ask.as_str()), Text::small(format!("({})", indicator.id))];
        let lines: Vec<Text> = uses.in_short(fact).into_iter().map(Text::unlinked).collect();
        let lines = if lines.is_empty() {
            vec![Text::from("No answer gives anything, and no criterion reads it")]
        } else {
            lines
        };
        Row { entry: None, cells: vec![asked, lines, vec![told.sources(&indicator.source)]] }
    };
    Group { heading: Some(name.to_owned()), rows: facts.map(row).collect() }
}

/// Whether a question comes near a characteristic: by its words, by its topic's name, or because a date tells both.
fn is_near(rules: &RuleSet, one: &Characteristic, fact: FactIndex) -> bool {
    let indicator = &rules.indicators[fact];
    let topic = rules.topics.get(indicator.topic).map_or("", |topic| &topic.id);
    let name = one.name.to_lowercase();
    let is_of_topic = topic.split('_').any(|word| word.len() > 3 && name.split(' ').any(|named| named == word));
    one.has(&format!("{} {}", spaced(&indicator.id), indicator.ask)) || is_of_topic || is_named(rules, one, fact)
}

/// Whether the framework itself names a fact for what a birth or due date says.
fn is_named(rules: &RuleSet, one: &Characteristic, fact: FactIndex) -> bool {
    let child = &rules.framework().child;
    let is = |named: &Option<String>| named.as_ref() == Some(&rules.indicators[fact].id);
    match one.name {
        "Age" => is(&child.age_in_months) || is(&child.unborn),
        "Pregnancy and maternity" => is(&child.unborn) || is(&child.gestation_in_weeks),
        _ => false,
    }
}

fn is_hardship(indicator: &Indicator) -> bool {
    let hardship = |given: Contribution| matches!(given, Contribution::Counts { hardship: true, .. });
    indicator.classes.iter().any(|class| hardship(class.gives.contribution))
}

fn small() -> Section {
    let blocks = vec![
        Block::paragraph(format!("A count of 1 to {} tells of a handful of children, so it is not told. A partnership may say a higher number, and none that is lower than 5. Nought is shown.", Figures::SMALL)),
        Block::list([
            "Categories with too few children are told together before a table is drawn, so that every total can be told.".to_owned(),
            format!("Small counts are hidden, and others beside them, until each hidden count could have at least {} by everything that is told.", count(usize::try_from(VALUES).unwrap_or(usize::MAX), "value")),
            "No two tables share more than one way to count, so that what one hides no other gives away.".to_owned(),
            "Small groups may so be told together for many months. That is no reason to think that all is well with them: ask those who know them.".to_owned(),
        ]),
    ];
    part("small", "How small counts are hidden", blocks)
}

fn look_at() -> Section {
    let rows = [
        (
            "The level decided, by age, sex, ethnic group and disability",
            "Are children of one group decided higher or lower than others, and do the facts explain it?",
        ),
        (
            "Decided as indicated, higher and lower",
            "The rules read no characteristic, but people may. Do people decide otherwise more often about some?",
        ),
        ("Reasons to decide higher, and lower", "Which reasons are given, and would they be given about anybody?"),
        (
            "What was most often not known",
            "Is less asked about some children: where somebody needs an interpreter, or communicates in another way?",
        ),
        (
            "Referred again, and early help declined",
            "Do some families come back because what they were offered did not suit them?",
        ),
        ("Time to decide, and feedback given", "Do some wait longer?"),
        ("Disagreements", "Who disagrees, who does not, and is that because they do not know that they may?"),
        ("How it came", "Do calls, forms and files of notifications come to different ends?"),
        (
            "The facts of the part before",
            "Does a question that comes near a characteristic move levels more often for some than its reason allows?",
        ),
    ];
    let rows = rows.map(|(figure, ask)| Row::of([Text::from(figure), Text::from(ask)]));
    let blocks = vec![
        Block::paragraph(
            "The board’s figures show these each month. Look at twelve months rather than one, and beside what chance allows.",
        ),
        Block::table("What the board should look at", vec!["Figure", "What to ask"], rows.into()),
    ];
    part("look", "What the board should look at", blocks)
}

fn council() -> Section {
    let asked = [
        "how many children of each group live in the area, to compare with",
        "what the last figures showed, and what was done about it",
        "whom the council asked: children, families and groups who know them",
        "who answers for this note, and when it is looked at again",
    ];
    part("council", "What only the council can say", asked.map(missing).into())
}
