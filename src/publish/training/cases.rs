//! Which worked examples become cases: few for each topic, of different levels, by a rule that anybody can follow.

use std::cmp::Reverse;

use crate::criteria::{Indicator, RuleFile, RuleSet};
use crate::examples::{self, ExampleEntry, read_examples};
use crate::facts::{Answer, Answers, Said};
use crate::ladder::Rank;
use crate::level::Evaluation;
use crate::referral::Indicated;

/// Whose stories come first.
pub(super) const FILE: &str = "criteria/vignettes_test.yaml";
/// So many cases of one topic.
pub(super) const MOST: usize = 2;

/// The cases, in the order of their topics.
#[derive(Debug)]
pub(super) struct Chosen<'r> {
    pub cases: Vec<Case<'r>>,
    /// The examples that are not what they expect, by file and id.
    pub failed: Vec<String>,
}

/// A worked example as a case.
#[derive(Debug)]
pub(super) struct Case<'r> {
    /// Its place among the cases, from 1.
    pub number: usize,
    /// The title of its topic.
    pub topic: String,
    /// Where it comes from: file and id.
    pub from: String,
    pub story: String,
    pub children: Vec<OneChild<'r>>,
}

/// A child of a case.
#[derive(Debug)]
pub(super) struct OneChild<'r> {
    /// How the child is called, where there are several.
    pub reference: Option<String>,
    /// Questions, and their answers in words.
    pub known: Vec<(String, String)>,
    /// Questions that were answered with no sign of concern.
    pub no_sign: Vec<String>,
    pub not_known: Vec<String>,
    pub evaluation: Evaluation<'r>,
}

impl Case<'_> {
    /// What it is called.
    pub fn name(&self) -> String {
        format!("Case {}", self.number)
    }

    /// What it is called for one of its children.
    pub fn name_of(&self, child: &OneChild<'_>) -> String {
        let of = child.reference.as_ref().map(|reference| format!(", child “{reference}”")).unwrap_or_default();
        format!("{}{of}", self.name())
    }

    pub fn heading(&self) -> String {
        format!("{}: {}", self.name(), self.topic)
    }
}

/// An example that may become a case.
struct Candidate<'r> {
    /// Its topic's place; the number of topics where it has none.
    topic: usize,
    level: Rank,
    is_first: bool,
    id: String,
    case: Case<'r>,
}

/// The examples that become cases.
pub(super) fn chosen<'r>(rules: &'r RuleSet, files: &[RuleFile]) -> Chosen<'r> {
    let read = read_examples(files);
    let mut failed: Vec<String> = read.problems.iter().map(|problem| problem.message.clone()).collect();
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for (file, example) in &read.entries {
        match candidate(rules, file, example) {
            Some(candidate) => candidates.push(candidate),
            None => failed.push(format!("{file}, {}", example.id)),
        }
    }
    candidates
        .sort_by_cached_key(|one| (one.topic, !one.is_first, Reverse(one.case.story.chars().count()), one.id.clone()));
    let mut taken: Vec<Candidate<'_>> = Vec::new();
    for candidate in candidates {
        let mut of_topic = taken.iter().filter(|one| one.topic == candidate.topic).peekable();
        let is_other = of_topic.peek().is_none_or(|first| first.level != candidate.level);
        if is_other && of_topic.count() < MOST {
            taken.push(candidate);
        }
    }
    let numbered = taken.into_iter().enumerate();
    let cases = numbered.map(|(place, taken)| Case { number: place + 1, ..taken.case }).collect();
    Chosen { cases, failed }
}

/// An example as a case; nothing where the rules do not say what it expects.
fn candidate<'r>(rules: &'r RuleSet, file: &str, example: &ExampleEntry) -> Option<Candidate<'r>> {
    let (referral, indicated) = examples::indicated(rules, example).ok()?;
    let evaluations: Vec<(Option<String>, Evaluation<'_>)> = match indicated {
        Indicated::Child(evaluation) => vec![(None, *evaluation)],
        Indicated::Children { children } => {
            children.into_iter().map(|child| (Some(child.reference), child.evaluation)).collect()
        }
    };
    let level = evaluations.iter().map(|(_, evaluation)| evaluation.at_least.rank).max()?;
    let topic = topic_of(rules, file, example, &evaluations);
    let children = referral.children.iter().zip(evaluations);
    let children = children.map(|(child, (reference, evaluation))| {
        let answers = referral.answers_of(rules, child);
        one_child(rules, reference, &answers, evaluation)
    });
    let case = Case {
        number: 0,
        topic: rules.topics.get(topic).map_or_else(|| "of several topics".to_owned(), |topic| topic.title.clone()),
        from: format!("{file}, {}", example.id),
        story: example.story.trim().to_owned(),
        children: children.collect(),
    };
    Some(Candidate { topic, level, is_first: file == FILE, id: example.id.clone(), case })
}

/// The topic that an example's file is named after; else that of what is found first; else that which is raised first.
fn topic_of(
    rules: &RuleSet,
    file: &str,
    example: &ExampleEntry,
    evaluations: &[(Option<String>, Evaluation<'_>)],
) -> usize {
    let place = |id: &str| rules.topics.iter().position(|topic| topic.id == id);
    let of_file = file.strip_prefix("criteria/").and_then(|name| place(name.strip_suffix("_test.yaml")?));
    let found = || {
        let highest = evaluations.iter().max_by_key(|(_, evaluation)| evaluation.at_least.rank)?;
        let id = highest.1.reasons.first()?.id;
        let indicator = rules.indicators.iter().find(|one| one.id == id).map(|one| one.topic);
        indicator.or_else(|| rules.criteria.iter().find(|one| one.id == id).map(|one| one.topic))
    };
    let raised = || example.concerns.first().and_then(|id| place(id));
    of_file.or_else(found).or_else(raised).unwrap_or(rules.topics.len())
}

fn one_child<'r>(
    rules: &RuleSet,
    reference: Option<String>,
    answers: &Answers,
    evaluation: Evaluation<'r>,
) -> OneChild<'r> {
    let mut child = OneChild { reference, known: Vec::new(), no_sign: Vec::new(), not_known: Vec::new(), evaluation };
    // As a form asks, and not as an example happens to list them.
    for (fact, indicator) in rules.indicators.iter().enumerate() {
        let Some((_, said)) = answers.said.iter().find(|(id, _)| *id == indicator.id) else { continue };
        let ask = indicator.ask.clone();
        match said {
            Said::Answer(answer) if is_least(rules, fact, answer) => child.no_sign.push(ask),
            Said::Answer(answer) => child.known.push((ask, in_words(indicator, answer))),
            Said::TwoAccounts(one, other) => {
                let both = format!("{}; also said: {}", in_words(indicator, one), in_words(indicator, other));
                child.known.push((ask, both));
            }
            Said::NotKnown => child.not_known.push(ask),
            Said::Refused => child.known.push((ask, "Nobody would say".to_owned())),
        }
    }
    child
}

/// Whether an answer is the one of least concern, where a question has one.
fn is_least(rules: &RuleSet, fact: usize, answer: &Answer) -> bool {
    let indicator = &rules.indicators[fact];
    let class = match answer {
        Answer::Number(number) => indicator.class_of_number(*number).map(usize::from),
        _ => indicator.classes.iter().position(|class| class.answer == *answer),
    };
    let is_plain = rules.is_circumstance(fact) || rules.is_protective(fact) || !rules.is_ordered(fact);
    class == Some(0) && !is_plain
}

fn in_words(indicator: &Indicator, answer: &Answer) -> String {
    let number = match answer {
        Answer::Number(number) => indicator.kind.numbers_in_words(*number, *number),
        _ => None,
    };
    let class = || indicator.classes.iter().find(|class| class.answer == *answer).map(|class| class.label.clone());
    number.or_else(class).unwrap_or_else(|| answer.to_string())
}
