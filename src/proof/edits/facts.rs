//! Questions: what they ask, what they take, and what each answer gives.

use super::entry::{Entry, Order, Part};
use super::given;
use super::terms::Term;
use super::{Change, Decides, Direction, Of};
use crate::criteria::entries::Retired;
use crate::criteria::in_words::{named, owner_id};
use crate::criteria::{AnswerClass, Indicator, Kind, RuleSet};
use crate::facts::{Answer, FactIndex};
use crate::proof::pair::{Pair, SharedFact};

/// What is said of an answer that gives nothing.
pub(super) const NOTHING: &str = "it gives nothing";

/// The questions of both rule sets, each with the same parts on both sides.
pub(super) fn entries(pair: &Pair<'_>) -> [Vec<Entry>; 2] {
    let mut entries = [Vec::new(), Vec::new()];
    for place in 0..pair.facts.len() {
        let answers = answers(pair, place);
        for (side, parts) in answers.into_iter().enumerate() {
            let shared = &pair.facts[place];
            let Some(fact) = shared.index[side] else { continue };
            let mut entry = question(pair, side, shared, fact);
            parts.into_iter().for_each(|part| entry.parts.push(part));
            entries[side].push(entry);
        }
    }
    entries
}

fn question(pair: &Pair<'_>, side: usize, shared: &SharedFact, fact: FactIndex) -> Entry {
    let rules = pair.rules[side];
    let indicator = &rules.indicators[fact];
    let topic = &rules.topics[indicator.topic];
    let gives = |class: &AnswerClass| class.gives.contribution.rank() > 0 || class.gives.raises;
    let moves = indicator.classes.iter().any(gives) || rules.criteria.iter().any(|one| one.reads.contains(fact));
    let decides = if moves { Decides::Level } else { Decides::Practice };
    let mut entry = Entry::new(Of::Fact, &indicator.id, topic_file(rules, indicator.topic), &indicator.ask, decides);
    // What reads it stands elsewhere; what it gives itself only adds.
    entry.there = indicator.classes.iter().any(gives).then_some(Direction::Loosened);
    let gate = indicator.asked_when.as_ref().map(|gate| Term::of(pair, side, gate));
    let gate_says = gate.as_ref().map_or_else(|| "always".to_owned(), |gate| gate.words(pair, side));
    let counted = owner_id(rules, indicator.need).filter(|owner| *owner != indicator.id);
    let yes = |is: bool| if is { "yes" } else { "no" };
    let presumed = rules.is_presumed(fact);
    let (order, ids) = order_of_answers(pair, side, shared, indicator);
    let mut entry = entry
        .words("the question", &indicator.ask)
        .words("the question on the telephone", indicator.say.as_deref().unwrap_or_default())
        .words("the hint", indicator.hint.as_deref().unwrap_or_default())
        .list("the source", Decides::Words, indicator.source.clone())
        .level("the kind of answer", kind(&indicator.kind))
        .ordered("the numbers it takes", range(&indicator.kind), Change::Number, Order::None)
        .ordered("the order of concern, least first", order, Change::Changed, Order::Named(ids))
        .level("the domain of its need", indicator.domain.map_or("", crate::criteria::Domain::word))
        .level("counted as one need with", counted.map(|owner| named(&owner)).unwrap_or_default())
        .ordered(
            "presumed at the greatest concern until answered",
            yes(presumed),
            Change::Changed,
            Order::More(vec![i64::from(presumed)]),
        )
        .level("protective, so absent until stated", yes(rules.is_protective(fact)))
        .practice("asked of every child", yes(rules.is_core(fact)))
        .practice("a circumstance, so never assumed", yes(rules.index.circumstances.contains(fact)))
        .practice("what has happened", yes(rules.index.past.contains(fact)))
        .practice("context only", yes(indicator.context))
        .practice("the topic", named(&topic.id))
        .practice("what it is about", format!("{:?}", indicator.about).to_lowercase())
        .list("who would know", Decides::Practice, indicator.would_know.clone())
        .practice("no longer asked", retired(indicator.retired.as_ref()));
    let order = gate.map_or(Order::None, Order::Is);
    entry.parts.push(Part { order, ..Part::new("asked where", gate_says, Decides::Practice, Change::Changed) });
    entry
}

/// The file of a topic.
pub(super) fn topic_file(rules: &RuleSet, topic: usize) -> String {
    rules.topics.get(topic).map(|topic| format!("criteria/{}.yaml", topic.id)).unwrap_or_default()
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::YesNo { .. } => "yes or no".to_owned(),
        Kind::Choice => "one of its answers".to_owned(),
        Kind::Number { unit, .. } => format!("a number ({})", unit.words()),
    }
}

fn range(kind: &Kind) -> String {
    match kind {
        Kind::Number { from, to, never: false, .. } => format!("{from} to {to}"),
        Kind::Number { from, to, never: true, .. } => format!("{from} to {to}, or never"),
        Kind::YesNo { .. } | Kind::Choice => String::new(),
    }
}

/// The order of concern in words and by answers, of those that both take: an answer more is told as that alone.
fn order_of_answers(pair: &Pair<'_>, side: usize, shared: &SharedFact, indicator: &Indicator) -> (String, Vec<String>) {
    let rules = pair.rules[side];
    let alone = |says: &str| (says.to_owned(), vec![says.to_owned()]);
    match &indicator.kind {
        Kind::Number { lower_is_worse: true, .. } => return alone("the lower the worse"),
        Kind::Number { lower_is_worse: false, .. } => return alone("the higher the worse"),
        _ if shared.index[side].is_some_and(|fact| !rules.is_ordered(fact)) => return alone("in no order of concern"),
        Kind::YesNo { .. } | Kind::Choice => {}
    }
    let is_shared = |answer: &&Answer| {
        shared.answers.iter().any(|one| one.answer == **answer && one.class.iter().all(Option::is_some))
    };
    let both: Vec<&Answer> = indicator.classes.iter().map(|class| &class.answer).filter(is_shared).collect();
    let words = both.iter().map(|answer| format!("“{}”", rules.in_words(&indicator.id, answer)));
    (words.collect::<Vec<_>>().join(", "), both.iter().map(ToString::to_string).collect())
}

fn retired(retired: Option<&Retired>) -> String {
    retired.map(|retired| format!("accepted until {}: {}", retired.until, retired.because)).unwrap_or_default()
}

/// Answers of which the same is to be told, and what that is on either side that takes them.
type Run = (Vec<usize>, [Option<Vec<Part>>; 2]);

/// What each answer gives. Numbers of which the same is to be told stand together.
fn answers(pair: &Pair<'_>, place: usize) -> [Vec<Part>; 2] {
    let shared = &pair.facts[place];
    let of = |answer: usize| {
        [0, 1].map(|side| {
            let indicator = shared.indicator(pair.rules[side], side)?;
            let class = indicator.classes.get(usize::from(shared.answers[answer].class[side]?))?;
            Some(of_answer(pair, side, indicator.topic, class))
        })
    };
    let mut runs: Vec<Run> = Vec::new();
    for answer in 0..shared.answers.len() {
        let parts = of(answer);
        match runs.last_mut() {
            Some((run, same)) if shared.answers[answer].highest.is_some() && *same == parts => run.push(answer),
            _ => runs.push((vec![answer], parts)),
        }
    }
    let mut told = [Vec::new(), Vec::new()];
    for (run, parts) in runs {
        // The later rule set's words, where it has the answer.
        let says = pair.answers_in_words(place, &run.iter().copied().collect(), 1);
        let both = parts.iter().all(Option::is_some);
        for (told, parts) in told.iter_mut().zip(parts) {
            match parts {
                Some(parts) if both => told.extend(parts.into_iter().map(|part| {
                    let what = format!("{says}, {}", part.what);
                    Part { what, ..part }
                })),
                Some(parts) => told.push(taken(&says, &parts)),
                None => {}
            }
        }
    }
    told
}

/// An answer that only one of the rule sets takes, whole.
fn taken(says: &str, parts: &[Part]) -> Part {
    let given = parts.iter().filter(|part| !part.says.is_empty() && part.decides != Decides::Words);
    let given: Vec<String> = given.map(|part| format!("{}: {}", part.what, part.says)).collect();
    let given = if given.is_empty() { NOTHING.to_owned() } else { given.join("; ") };
    Part::new(&format!("the answer {says}"), given, Decides::Level, Change::Changed)
}

fn of_answer(pair: &Pair<'_>, side: usize, own: usize, class: &AnswerClass) -> Vec<Part> {
    let rules = pair.rules[side];
    // Every answer of concern opens the topic that it stands in.
    let opens = class.opens.iter().filter(|topic| *topic != own).map(|topic| rules.topics[topic].id.clone()).collect();
    let is_number = matches!(class.answer, Answer::Number(_));
    let label = if is_number { String::new() } else { class.label.clone() };
    let mut parts = given::parts(pair, side, &class.gives, "");
    parts.push(Part::list("the topics opened", Decides::Practice, opens));
    parts.push(Part::new("the label", label, Decides::Words, Change::Reworded));
    let retired = retired(class.retired.as_ref());
    parts.push(Part::new("no longer offered", retired, Decides::Practice, Change::Changed));
    parts
}
