//! The tool itself: how it is made, what goes in and comes out, which version runs since when, and on which data.

use super::super::around::WasInForce;
use super::super::blocks::{Block, NOT_SAID, Row, Section, Text};
use super::super::entries::{Told, capital, spaced};
use super::super::gaps::missing;
use super::super::terms::{in_force, retention, said_day};
use super::{fields, many};
use crate::criteria::entries::About;
use crate::criteria::in_words::{all_of, count};
use crate::criteria::{RuleFile, RuleSet};
use crate::examples;
use crate::rule_change::{AT_ONCE, EMERGENCY_DAYS, Partners, UNDO_DAYS};

pub(super) fn sections(told: &Told<'_>, files: &[RuleFile], log: Option<&[WasInForce]>) -> [Section; 4] {
    [specification(told, log), model(told, files, log), development(told.rules), operational(told)]
}

fn specification(told: &Told<'_>, log: Option<&[WasInForce]>) -> Section {
    let rules = told.rules;
    let architecture = vec![
        Block::paragraph(
            "One program, where the council runs it: pages for people, an interface for partners’ systems, and a record in SQLite or PostgreSQL. It asks nothing of any other service but who somebody is that signs in.",
        ),
        Block::paragraph(
            "A referral goes from facts to criteria to a level; then a person decides, and the record keeps it. The rules are text files that a safeguarding lead can read. They are checked as a whole when they are loaded, and rules with an error are not loaded at all. Nothing of them is run as a program while a referral waits.",
        ),
    ];
    let output = Block::list([
        "the level that is settled; or the lowest and the highest that it could be",
        "the reasons: each finding, what it gives, the answers it rests on, and where the rule comes from",
        "what alone would be enough, why not higher, and what would change it",
        "what to ask next, and who would know",
        "what to do by when, and what a manager must answer",
        "what was presumed, which accounts differ, and how many questions nobody raised",
    ]);
    let fields_of = [
        ("2.4.1.1 System architecture", architecture),
        ("2.4.1.2 System-level input", input(rules)),
        ("2.4.1.3 System-level output", vec![Block::paragraph("For each child:"), output]),
        ("2.4.1.4 Maintenance", maintenance(rules, log)),
        (
            "2.4.1.5 Models",
            vec![Block::paragraph(
                "One model, and it is rules: the threshold criteria below. There is no statistical model and no machine learning.",
            )],
        ),
    ];
    fields("tool", "Tier 2: tool specification", fields_of)
}

fn input(rules: &RuleSet) -> Vec<Block> {
    let questions = many(rules.indicators.len(), "question", "questions");
    let about = |about: About| rules.indicators.iter().filter(|one| one.about == about).count();
    let says = format!(
        "The answers to at most {questions}: {} about a child, {} about the household, {} about the referral. Each is yes or no, one of a list, or a number; each may be not known. Free text, names and addresses are read by people alone. The annex to the data protection impact assessment says what each is asked for.",
        about(About::Child),
        about(About::Household),
        about(About::Referral)
    );
    let rows = rules.topics.iter().enumerate().map(|(topic, one)| {
        let asked = rules.indicators.iter().filter(|indicator| indicator.topic == topic);
        let asked: Vec<Text> = asked.map(|indicator| Text::small(&indicator.ask)).collect();
        Row { entry: None, cells: vec![vec![Text::from(one.title.as_str())], asked] }
    });
    vec![
        Block::paragraph(says),
        Block::table("What may be asked", vec!["Topic", "Questions"], rows.collect()),
        never(rules),
    ]
}

/// What no rule may ask.
fn never(rules: &RuleSet) -> Block {
    let never: Vec<String> = rules.framework().never_facts.iter().map(|word| spaced(word)).collect();
    Block::paragraph(match never.is_empty() {
        true => format!("{NOT_SAID}: what no rule may ask."),
        false => format!("No rule may ask about, and none can read: {}.", all_of(never)),
    })
}

fn maintenance(rules: &RuleSet, log: Option<&[WasInForce]>) -> Vec<Block> {
    let partners = Partners::of(rules.framework());
    let named = |ids: &std::collections::BTreeSet<String>| all_of(ids.iter().map(|id| spaced(id)));
    let mut items = Vec::new();
    if partners.statutory.is_empty() {
        items.push(format!("{NOT_SAID}: which partners agree a change of rules."));
    } else {
        items.push(format!("A change of rules is agreed by partners through named delegates, never by whoever wrote it. The statutory partners are {}.", named(&partners.statutory)));
        if !partners.others.is_empty() {
            items.push(format!("Also asked: {}.", named(&partners.others)));
        }
        items.push(format!("A change by which no child is answered lower takes {} of them; one by which some child may be takes every statutory partner.", partners.enough));
        items.push(format!("An emergency change takes {AT_ONCE} statutory partners and ends after {EMERGENCY_DAYS} days at the latest. {AT_ONCE} may undo a change for {UNDO_DAYS} days."));
    }
    items.push("Before anybody agrees, it is shown what the change does to every possible referral and to those on record. What is agreed is bound to the digest of exactly these rules.".to_owned());
    let mut blocks = vec![Block::list(items)];
    blocks.extend(versions(rules, log));
    blocks.push(missing("how often the rules and the tool are reviewed, and by whom"));
    blocks
}

/// Which versions were in force since when, and who agreed them.
fn versions(rules: &RuleSet, log: Option<&[WasInForce]>) -> Vec<Block> {
    let Some(log) = log else {
        return vec![Block::paragraph(
            "Made without the record: since when each version was in force, and who agreed it, stands in the log of rules.",
        )];
    };
    if log.is_empty() {
        return vec![Block::paragraph("The log of rules tells of no version that was in force.")];
    }
    let mut blocks = vec![Block::table(
        "Which rules were in force since when, as the log of rules tells",
        vec!["From", "Version", "Who agreed", "What for"],
        log.iter().map(|one| version(rules, one)).collect(),
    )];
    let digest = &rules.id().digest;
    let is_last = log.last().is_some_and(|last| last.digest == *digest);
    let warning = match log.iter().any(|one| one.digest == *digest) {
        true if is_last => return blocks,
        true => "The rules that this draft tells of are not the last in the log.",
        false => "The rules that this draft tells of are not in the log: by it they were never in force.",
    };
    blocks.insert(0, Block::Important { text: Text::strong(warning) });
    blocks
}

fn version(rules: &RuleSet, one: &WasInForce) -> Row {
    let from = said_day(rules.framework().calendar.london(one.from).date());
    let version =
        vec![Text::from(one.version.as_deref().unwrap_or("cannot be read any more")), Text::small(&one.digest)];
    let (who, what) = match &one.agreed {
        Some(agreed) => {
            let who = capital(&all_of(agreed.partners.iter().map(|partner| spaced(partner))));
            (who, vec![Text::from(agreed.title.as_str()), Text::small(format!("Follows: {}", agreed.clause))])
        }
        None => {
            ("By no rule change: as whoever runs the service put them in force".to_owned(), vec![Text::from(NOT_SAID)])
        }
    };
    Row { entry: None, cells: vec![vec![Text::from(from)], version, vec![Text::from(who)], what] }
}

fn model(told: &Told<'_>, files: &[RuleFile], log: Option<&[WasInForce]>) -> Section {
    let rules = told.rules;
    let id = rules.id();
    let version = vec![
        Block::paragraph(format!(
            "{} {}, {}, in force {} as its own framework says.",
            id.framework,
            id.version,
            id.status,
            in_force(rules)
        )),
        Block::paragraph(format!("Digest: {}. It names exactly these rules, and stands on every answer.", id.digest)),
        Block::paragraph(match log {
            Some(_) => "Since when each version was in force stands under “2.4.1.4 Maintenance”.",
            None => "Made without the record: the log of rules says since when.",
        }),
    ];
    let architecture = format!(
        "Rules, not learnt from data: {}, {}, {} and {}. Each is printed in the threshold document, once, with its source.",
        many(rules.indicators.len(), "question with what its answers give", "questions with what their answers give"),
        many(rules.criteria.len(), "criterion that reads several answers", "criteria that read several answers"),
        many(rules.thresholds.len(), "threshold that counts needs", "thresholds that count needs"),
        many(
            rules.tables.len(),
            "short script, run over all its answers when it is loaded",
            "short scripts, run over all their answers when they are loaded"
        ),
    );
    let fields_of = [
        ("2.4.2.1 Model name", vec![Block::paragraph(rules.framework().title.as_str())]),
        ("2.4.2.2 Model version", version),
        (
            "2.4.2.3 Model task",
            vec![Block::paragraph(
                "To say which level of need the known facts about a child indicate under the agreed criteria.",
            )],
        ),
        (
            "2.4.2.4 Model input",
            vec![Block::paragraph("The answers under “2.4.1.2 System-level input”, and nothing else.")],
        ),
        (
            "2.4.2.5 Model output",
            vec![Block::paragraph(
                "What stands under “2.4.1.3 System-level output”. No number is given but the level, and no likelihood.",
            )],
        ),
        ("2.4.2.6 Model architecture", vec![Block::paragraph(architecture)]),
        ("2.4.2.7 Model performance", performance(rules, files)),
        (
            "2.4.2.8 Datasets and their purposes",
            vec![Block::paragraph(
                "None. Nothing is learnt from data: rules are written by people, who name the documents that they follow.",
            )],
        ),
    ];
    fields("model", "Tier 2: model specification", fields_of)
}

fn performance(rules: &RuleSet, files: &[RuleFile]) -> Vec<Block> {
    let report = examples::run(rules, files);
    let failed = report.failures.len() + report.problems.len();
    let worked = match report.examples {
        0 => format!("{NOT_SAID}: worked examples. Rules without them are not known to say what they mean."),
        examples if failed == 0 => format!(
            "{} beside the rules, each with the level that people expect: all of them hold.",
            count(examples, "worked example")
        ),
        examples => format!(
            "{} beside the rules, each with the level that people expect: {} not hold. Do not publish this before they do.",
            count(examples, "worked example"),
            many(failed, "of them does", "of them do")
        ),
    };
    vec![
        Block::paragraph("An answer follows from rules and predicts nothing, so it has no accuracy to be measured. What can be measured is whether the rules say what partners mean, and whether people agree with them."),
        Block::list([
            worked,
            "Whether more concern could ever lower a level, and what the board wants guaranteed, is worked out over every possible referral (windscreen check --prove).".to_owned(),
            "How often people decide as indicated, higher and lower, and for which reasons, is counted each month for the board, by agency, age, sex, ethnic group and disability.".to_owned(),
        ]),
        missing("what the board’s figures showed last, and what was done about it"),
    ]
}

fn development(rules: &RuleSet) -> Section {
    let none = || vec![Block::paragraph("None: nothing was learnt from data.")];
    let named = rules.framework().sources.len();
    let collection = format!(
        "Rules are written by people and follow documents. {} named in full under “Sources”; each rule names its own.",
        if named == 1 { "One is".to_owned() } else { format!("{named} are") }
    );
    let fields_of = [
        (
            "2.4.3.1 Development data description",
            vec![Block::paragraph("None about people. The rules come from documents.")],
        ),
        ("2.4.3.2 Data modality", vec![Block::paragraph("Text.")]),
        ("2.4.3.3 Data quantities", none()),
        ("2.4.3.4 Sensitive attributes", none()),
        ("2.4.3.5 Data completeness and representativeness", none()),
        ("2.4.3.6 Data cleaning", none()),
        (
            "2.4.3.7 Data collection",
            vec![
                Block::paragraph(collection),
                missing("whether figures about people were used to choose any number in the rules, and which"),
            ],
        ),
        ("2.4.3.8 Data access and storage", none()),
        ("2.4.3.9 Data sharing agreements", none()),
    ];
    fields("development", "Tier 2: development data", fields_of)
}

fn operational(told: &Told<'_>) -> Section {
    let framework = told.rules.framework();
    let agencies: Vec<&str> = framework.agencies.iter().map(|agency| agency.name.as_str()).collect();
    let sources = match agencies.is_empty() {
        true => format!("{NOT_SAID}: who refers."),
        false => format!("What whoever refers says, and what others add later: {}.", agencies.join("; ")),
    };
    let mut storage = vec![Block::paragraph(
        "What a referral holds is sealed under a key of its own; the log holds commitments and codes, never a fact about a child. One table says which role may do what, and reading is recorded. The annex to the data protection impact assessment prints it.",
    )];
    storage.extend(retention(told));
    storage.push(missing("where it runs, and who keeps the keys and the backups"));
    let fields_of = [
        ("2.4.4.1 Data sources", vec![Block::paragraph(sources)]),
        (
            "2.4.4.2 Sensitive attributes",
            vec![
                Block::paragraph(
                    "Answers may say something of health, of harm, of offences and of family life. Sex, ethnic group and disability may be given for monitoring; no rule reads them. Which facts could stand for a protected characteristic is told in the equality monitoring note.",
                ),
                missing(
                    "which of the facts are special category data or about criminal offences (the annex has a column for it)",
                ),
            ],
        ),
        (
            "2.4.4.3 Data processing methods",
            vec![Block::paragraph(
                "Answers are read strictly: what the rules do not know is refused with its place, and nothing is guessed. Dates of birth become ages. Of two accounts the more protective is used, and both are kept. The same answers always give the same result.",
            )],
        ),
        ("2.4.4.4 Data access and storage", storage),
        ("2.4.4.5 Data sharing agreements", vec![missing("the agreements with partners under which facts are shared")]),
    ];
    fields("operational", "Tier 2: operational data", fields_of)
}
