//! Criteria and scripts: when they hold, and what they give.

use super::entry::{Entry, Order, Part};
use super::facts::topic_file;
use super::given;
use super::terms::Term;
use super::{Change, Decides, Direction, Of};
use crate::criteria::in_words::{count, named, owner_id};
use crate::criteria::{Contribution, Criterion, Domain, Outcome, RuleSet, Table};
use crate::proof::pair::Pair;

pub(super) fn entries(pair: &Pair<'_>, side: usize) -> Vec<Entry> {
    let rules = pair.rules[side];
    let criteria = rules.criteria.iter().map(|one| criterion(pair, side, rules, one));
    criteria.chain(rules.tables.iter().map(|table| script(pair, side, rules, table))).collect()
}

fn criterion(pair: &Pair<'_>, side: usize, rules: &RuleSet, criterion: &Criterion) -> Entry {
    let gives = &criterion.gives;
    let moves = gives.contribution != Contribution::Nothing || gives.raises;
    // A named condition may stand where it lifts and where it lowers.
    let decides = if moves || gives.is_nothing() { Decides::Level } else { Decides::Practice };
    let named_by = named(&criterion.id);
    let title = criterion.says.as_deref().unwrap_or_else(|| named_by.trim_matches(['“', '”']));
    let mut entry = Entry::new(Of::Criterion, &criterion.id, topic_file(rules, criterion.topic), title, decides);
    entry.there = moves.then_some(Direction::Loosened);
    entry.reaches = Some(gives.contribution.rank()).filter(|rank| *rank > 0);
    let term = Term::of(pair, side, &criterion.when);
    let says = term.words(pair, side);
    let order = if moves { Order::When(term) } else { Order::Is(term) };
    let counted = owner_id(rules, criterion.need).filter(|owner| *owner != criterion.id);
    let mut entry = entry
        .part(Part { order, ..Part::new("when it holds", says, decides, Change::Changed) })
        .level("the domain of its need", criterion.domain.map_or("", Domain::word))
        .level("counted as one need with", counted.map(|owner| named(&owner)).unwrap_or_default())
        .practice("the topic", rules.topics.get(criterion.topic).map(|topic| named(&topic.id)).unwrap_or_default())
        .words("the sentence", criterion.says.as_deref().unwrap_or_default())
        .list("the source", Decides::Words, criterion.source.clone());
    entry.parts.extend(given::parts(pair, side, gives, ""));
    entry
}

/// A script is what it answers to every combination that either rule set tells apart.
fn script(pair: &Pair<'_>, side: usize, rules: &RuleSet, table: &Table) -> Entry {
    let entry =
        Entry::new(Of::Script, &table.name, format!("scripts/{}.rhai", table.name), &table.name, Decides::Level);
    let reads: Vec<String> = table.reads.iter().map(|fact| rules.indicators[*fact].id.clone()).collect();
    let mut rows = vec![0_usize];
    for (id, stride) in reads.iter().zip(&table.strides) {
        let shared = pair.facts.iter().find(|shared| shared.id == *id);
        // Answers that only one rule set takes are told with their question.
        let both = shared.into_iter().flat_map(|shared| &shared.answers);
        let classes: Vec<usize> = both
            .filter(|answer| answer.class.iter().all(Option::is_some))
            .filter_map(|answer| Some(usize::from(answer.class[side]?) * stride))
            .collect();
        rows = rows.iter().flat_map(|row| classes.iter().map(move |class| row + class)).collect();
    }
    let worth = |row: &usize| match table.rows.get(*row) {
        Some(Outcome::True | Outcome::FailedAboveTrue) => 2,
        Some(Outcome::False) => 0,
        Some(Outcome::Failed) | None => 1,
    };
    let rows: Vec<i64> = rows.iter().map(worth).collect();
    let holding = rows.iter().filter(|row| **row == 2).count();
    let says = format!("{holding} of {}", count(rows.len(), "combination"));
    entry.list("the facts it reads", Decides::Level, reads).ordered(
        "the answers for which it holds",
        says,
        Change::Changed,
        Order::More(rows),
    )
}
