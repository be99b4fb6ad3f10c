//! A draft of the record that the Algorithmic Transparency Recording Standard asks for, under the names and numbers of its
//! template, version 4.0.
//!
//! What the rules and the program say is filled in; what only the council can say is a gap.

mod tool;

use super::around::WasInForce;
use super::blocks::{Block, NOT_SAID, Row, Section, Text, part};
use super::entries::{Told, capital, spaced};
use super::gaps::missing;
use super::levels::who_decides;
use super::parts::{disagreement, sources};
use crate::criteria::in_words::{all_of, any_of, count};
use crate::criteria::{RuleFile, RuleSet};
use crate::decision::{CLOSE, HIGHER, LOWER, Role, may_confirm, statutory};

/// The template whose names and numbers these are.
const TEMPLATE: &str = "4.0";

/// A field of the template: its number and name, and what stands under it.
type Field = (&'static str, Vec<Block>);

pub(super) fn sections(rules: &RuleSet, files: &[RuleFile], log: Option<&[WasInForce]>) -> Vec<Section> {
    let told = Told::of(rules);
    let mut sections = vec![what(), title(rules), overview(rules), owner(), rationale(), deployment(&told)];
    sections.extend(tool::sections(&told, files, log));
    sections.extend([risks(), sources(rules)]);
    sections
}

/// Fields under their names.
fn fields(id: &str, heading: &str, fields: impl IntoIterator<Item = Field>) -> Section {
    let blocks = fields.into_iter().flat_map(|(name, blocks)| std::iter::once(Block::heading(name)).chain(blocks));
    part(id, heading, blocks.collect())
}

fn what() -> Section {
    let blocks = vec![
        Block::paragraph(format!(
            "The Algorithmic Transparency Recording Standard asks public bodies to say which algorithmic tools bear on decisions about people. This draft follows its template, version {TEMPLATE}: tier 1 for everybody, tier 2 for whoever wants to know more. Compare it with the template that is current before it is published."
        )),
        Block::paragraph(
            "It is made from the rules that run and from what the program does. Print it again when they change.",
        ),
    ];
    part("what", "What this draft is", blocks)
}

fn title(rules: &RuleSet) -> Section {
    let fields_of = [
        ("0.1 Title", vec![Block::paragraph(name(rules))]),
        ("0.2 Organisation name", vec![missing("the council’s name, as it is published")]),
        ("0.3 Phase", vec![missing("the phase: idea, design, development, beta or pilot, production, retired")]),
        ("0.4 Region", vec![missing("the area in which children are referred")]),
        (
            "0.5 One sentence description",
            vec![Block::paragraph(
                "Applies the threshold criteria that local partners agreed to what a referral says about a child, and says which level of need they indicate and why; a person decides.",
            )],
        ),
    ];
    fields("title", "Title information", fields_of)
}

fn name(rules: &RuleSet) -> String {
    format!("{}, applied by windscreen", rules.framework().title)
}

fn overview(rules: &RuleSet) -> Section {
    let levels: Vec<String> =
        rules.ladder().levels().iter().map(|level| format!("{} ({})", level.rank, level.name)).collect();
    let description = vec![
        Block::paragraph(
            "When somebody is worried about a child, they tell the council’s front door what they know. The tool asks the questions of the published threshold document, applies its rules to the answers, and says which level of need the answers indicate, why, what is not known yet, and what is to be done by when.",
        ),
        Block::paragraph(format!("The levels are {}.", all_of(levels))),
        Block::list([
            "It applies written rules. There is no machine learning in it, no score and no prediction.",
            "It decides nothing. A named person decides, and may decide a higher or a lower level and say why.",
            "It is used so that the same facts are answered in the same way, whoever refers and whoever answers; and so that everybody, the family among them, can see why.",
        ]),
    ];
    let fields_of = [
        ("1.1 Name", vec![Block::paragraph(name(rules))]),
        ("1.2 Description", description),
        ("1.3 Website URL", vec![missing("the page where the threshold document and this record are published")]),
        ("1.4 Contact email", vec![missing("an address of a team, not of a person")]),
    ];
    fields("overview", "Tier 1: overview", fields_of)
}

fn owner() -> Section {
    let program = "The program, windscreen, is free software under the European Union Public Licence 1.2. It runs where the council runs it, and sends nothing to whoever wrote it.";
    let fields_of = [
        ("2.1.1 Organisation or department", vec![missing("the council, and the department that is responsible")]),
        ("2.1.2 Team", vec![missing("the team that is responsible for the tool")]),
        ("2.1.3 Senior responsible owner", vec![missing("the name and role of the senior responsible owner")]),
        (
            "2.1.4 Third party involvement",
            vec![Block::paragraph(program), missing("whether anybody else runs, hosts or changes it for the council")],
        ),
        ("2.1.4.1 Third party", vec![missing("their names, or that there are none")]),
        ("2.1.4.2 Companies House number", vec![missing("their numbers, or that there are none")]),
        ("2.1.4.3 Third party role", vec![missing("what they do")]),
        ("2.1.4.4 Procurement procedure type", vec![missing("how they were chosen")]),
        (
            "2.1.4.5 Third party data access terms",
            vec![missing("what they may see of children’s data, and on which terms")],
        ),
    ];
    fields("owner", "Tier 2: owner and responsibility", fields_of)
}

fn rationale() -> Section {
    let detailed = vec![
        Block::paragraph(
            "A referral’s answers are compared with the rules one by one. Some findings alone are enough for a level; others are needs that add up, so many at a level; some raise a level by a step. The highest level that any of this reaches is indicated. Every level comes with the findings that reach it and with where each rule comes from.",
        ),
        Block::paragraph(
            "An answer that is not known is never taken as “no”. The rules are applied twice, with everything that is not known at its least and at its greatest concern. Where both give one level, it is settled. Otherwise the answer is a range, at least one level and at most another, with the questions that would settle it.",
        ),
        Block::paragraph(
            "The same answers and the same rules always give the same level, the same reasons and the same order.",
        ),
    ];
    let benefits = Block::list([
        "Thresholds are understood: each answer says why this level, why not a higher one, and what to ask next.",
        "Thresholds are applied alike: the same facts are answered in the same way for every agency and every family.",
        "What was said, indicated and decided is recorded so that nobody can change it unseen, and can be evaluated again under the rules of the day.",
        "The threshold document that partners read is made from the rules that run, so that the two cannot differ.",
    ]);
    let fields_of = [
        ("2.2.1 Detailed description", detailed),
        ("2.2.2 Benefits", vec![benefits]),
        ("2.2.3 Previous process", vec![missing("how thresholds were applied before")]),
        ("2.2.4 Alternatives considered", vec![missing("what else was considered, and why this was chosen")]),
    ];
    fields("rationale", "Tier 2: description and rationale", fields_of)
}

fn deployment(told: &Told<'_>) -> Section {
    let rules = told.rules;
    let integration = vec![
        Block::paragraph(
            "At the front door of children’s services: a referral is entered by whoever refers, by a partner’s system or by somebody who takes a call. The answer is shown at once to whoever referred and to those who decide. What happens next, and who has it, is decided by a person and recorded with their name.",
        ),
        Block::paragraph(
            "Whoever decides sees the level that is indicated or the range, every reason with its source, why not higher, what would change it, what is not known and who would know it, what is presumed, which accounts differ, what is to be done by when, and what a manager must answer.",
        ),
    ];
    let training = vec![
        Block::paragraph(
            "A training pack with worked cases is made from the same rules (windscreen publish --document training).",
        ),
        missing("which training is required of whom, and how often"),
    ];
    let fields_of = [
        ("2.3.1 Integration into broader operational process", integration),
        ("2.3.2 Human review", human_review(rules)),
        (
            "2.3.3 Frequency and scale of usage",
            vec![missing("how many children are referred in a month, and by whom (the board’s figures say it)")],
        ),
        ("2.3.4 Required training", training),
        ("2.3.5 Appeals and review", disagreement(told).blocks),
    ];
    fields("deployment", "Tier 2: deployment context", fields_of)
}

fn human_review(rules: &RuleSet) -> Vec<Block> {
    let rows = rules
        .ladder()
        .levels()
        .iter()
        .map(|level| Row::of([Text::from(format!("{} {}", level.rank, level.name)), who_decides(level)]));
    let closing = statutory(rules);
    let seconds = Role::ALL.iter().filter(|role| may_confirm(**role)).map(|role| spaced(role.word()));
    let items = [
        "Nothing is decided by the tool. No decision is based solely on automated processing (UK GDPR Articles 22A to 22D): a referral without a person’s decision stays open, and nobody is told anything by itself.".to_owned(),
        "Whoever decides agrees with what is indicated, decides higher or decides lower. It is their decision, with their name.".to_owned(),
        format!("To decide lower takes a listed reason, their own words and a second person, who is a {}. One of the two is a manager.", any_of(seconds)),
        "To decide higher takes a listed reason and their own words.".to_owned(),
        format!("To close a referral while level {closing} or above is possible takes a manager, who says what is not known."),
        "What is said later is evaluated again. An answer that rises opens the decision again.".to_owned(),
        "A decision can be reviewed at any time: the answers, the rules and the evaluation that the person saw are kept, and give the same answer again.".to_owned(),
    ];
    let mut blocks = vec![
        Block::list(items),
        Block::table("Who may decide which level", vec!["Level", "Who may decide it"], rows.collect()),
    ];
    blocks.extend(reasons(rules));
    blocks
}

/// The reasons that may be chosen.
fn reasons(rules: &RuleSet) -> Vec<Block> {
    let lists = [(HIGHER, "to decide higher"), (LOWER, "to decide lower"), (CLOSE, "to close while that is possible")];
    let rows = lists.map(|(id, what)| {
        let listed = rules.framework().code_lists.iter().find(|list| list.id == id);
        let means: Vec<Text> = match listed {
            Some(list) => list.codes.iter().map(|code| Text::from(code.means.as_str())).collect(),
            None => vec![Text::from(NOT_SAID)],
        };
        Row { entry: None, cells: vec![vec![Text::from(capital(what))], means] }
    });
    vec![Block::table("The listed reasons", vec!["For what", "Reasons"], rows.into())]
}

fn risks() -> Section {
    let impact = vec![
        Block::paragraph(
            "An annex to the data protection impact assessment and an equality monitoring note are made from the same rules (windscreen publish --document dpia, and --document equality).",
        ),
        missing("the impact assessments that were made, when, what they found, and where they are published"),
    ];
    let rows = [
        (
            "A level is taken for the decision",
            "A range is never stored as a level. A person decides, with their name, and may decide otherwise; how often they do is counted for the board",
        ),
        ("Not known is taken as no", "What is not known widens the answer. It leads the list of what to ask next"),
        (
            "A sign that no rule lists is passed over",
            "Every answer below a statutory level says that it is no reason not to refer, where the rules say so; whoever is worried may be answered higher by a person",
        ),
        (
            "A rule is wrong, or lowers a level that it should not",
            "Before rules change it is worked out over every possible referral whether any child would be answered lower; one by which a child may be takes every statutory partner. A rule that cannot be worked out widens an answer, and never lowers it",
        ),
        (
            "Rules fall harder on some families than on others",
            "What no rule may ask is refused when rules are loaded. Decisions are counted by age, sex, ethnic group and disability; small counts are hidden",
        ),
        (
            "Somebody changes what was said or decided",
            "The record only grows. Its log is signed, and anybody can check it without trusting whoever runs it",
        ),
        (
            "Somebody sees what is not theirs to see",
            "One table says who may do what; what a referral holds is sealed under a key of its own; reading is recorded",
        ),
    ];
    let rows = rows.map(|(risk, what)| Row::of([Text::from(risk), Text::from(what)]));
    let mitigations = vec![
        Block::table("Risks, and what the program does about them", vec!["Risk", "What is done"], rows.into()),
        missing("the council’s own risks, how likely and how severe, and what it does about each"),
    ];
    let fields_of = [("2.5.1 Impact assessments", impact), ("2.5.2 Risks and mitigations", mitigations)];
    fields("risks", "Tier 2: risks, mitigations and impact assessments", fields_of)
}

/// So many of something.
fn many(number: usize, one: &str, several: &str) -> String {
    if number == 1 { count(1, one) } else { format!("{number} {several}") }
}
