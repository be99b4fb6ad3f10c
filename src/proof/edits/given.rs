//! What an answer or a criterion gives, as parts of its entry.

use super::entry::{Order, Part};
use super::terms::Term;
use super::{Change, Decides};
use crate::criteria::{Contribution, Gives};
use crate::proof::pair::Pair;

/// What is given, each part under a name that begins with whose it is.
pub(super) fn parts(pair: &Pair<'_>, side: usize, gives: &Gives, whose: &str) -> Vec<Part> {
    let rules = pair.rules[side];
    let what = |what: &str| format!("{whose}{what}");
    let level = |name: &str, says: String, change, order| Part {
        order,
        ..Part::new(&what(name), says, Decides::Level, change)
    };
    let lowers = gives.softens.as_ref().map(|softens| (Term::of(pair, side, &softens.unless), softens.then));
    let softens = lowers.as_ref().map(|(term, then)| format!("to {then} where {}", term.words(pair, side)));
    let raises = if gives.raises { "raises the level a step" } else { "" };
    let actions = gives.actions.iter().map(|action| rules.actions[*action].id.clone());
    let considerations = gives.considerations.iter().map(|one| rules.considerations[*one].id.clone());
    let within = gives.within.map(|within| within.to_string()).unwrap_or_default();
    let sentence = gives.says.clone().unwrap_or_default();
    vec![
        level("what it gives", contribution(gives.contribution), Change::MovedLevel, Order::More(worth(gives))),
        level("the step", raises.to_owned(), Change::Changed, Order::More(vec![i64::from(gives.raises)])),
        level("the softening", softens.unwrap_or_default(), Change::Changed, Order::Lowers(lowers)),
        Part::list(&what("what a manager answers"), Decides::Practice, considerations.collect()),
        Part::list(&what("what to do"), Decides::Practice, actions.collect()),
        Part::new(&what("how soon"), within, Decides::Practice, Change::Changed),
        Part::new(&what("the sentence for the reasons"), sentence, Decides::Words, Change::Reworded),
    ]
}

/// In words.
fn contribution(contribution: Contribution) -> String {
    match contribution {
        Contribution::Nothing => String::new(),
        Contribution::Counts { rank, hardship: false } => format!("counts {rank}"),
        Contribution::Counts { rank, hardship: true } => format!("counts {rank}, as hardship"),
        Contribution::Duty(rank) => format!("duty {rank}"),
        Contribution::Floor(rank) => format!("floor {rank}"),
    }
}

/// What it is worth in every sense in which something looks at it: as the level itself, as harm, as a need, and as a need
/// without hardship.
fn worth(gives: &Gives) -> Vec<i64> {
    let contribution = gives.contribution;
    let only = |wanted: bool| if wanted { i64::from(contribution.rank()) } else { 0 };
    vec![
        only(matches!(contribution, Contribution::Floor(_) | Contribution::Duty(_))),
        only(matches!(contribution, Contribution::Floor(_))),
        only(true),
        only(!matches!(contribution, Contribution::Counts { hardship: true, .. })),
    ]
}

/// Lists that mean the same in any order are told in one.
pub(super) fn sorted(mut items: Vec<String>) -> Vec<String> {
    items.sort();
    items
}
