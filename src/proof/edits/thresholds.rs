//! Thresholds, modifiers, hardship, protection, and what one child's findings ask for the others: every number.

use std::collections::BTreeSet;

use super::entry::{Entry, Order, Part};
use super::given::sorted;
use super::terms::Term;
use super::{Change, Decides, Direction, Of};
use crate::criteria::in_words::{all_of, count, named, owner_id};
use crate::criteria::{Domain, RuleSet, Threshold};
use crate::ladder::MAX_RANK;
use crate::proof::pair::Pair;

const FILE: &str = "thresholds.yaml";

pub(super) fn entries(pair: &Pair<'_>, side: usize) -> Vec<Entry> {
    let rules = pair.rules[side];
    let mut entries: Vec<Entry> = rules.thresholds.iter().map(|one| threshold(pair, side, one)).collect();
    entries.extend([groups(rules), modifiers(rules), hardship(rules)]);
    entries.extend(protection(rules));
    entries.extend(across_children(pair, side));
    entries
}

fn threshold(pair: &Pair<'_>, side: usize, threshold: &Threshold) -> Entry {
    let mut entry = Entry::new(Of::Threshold, &threshold.id, FILE, &threshold.says, Decides::Level);
    entry.there = Some(Direction::Loosened);
    entry.reaches = Some(threshold.reaches);
    let unless = threshold.unless.as_ref().map(|unless| Term::of(pair, side, unless));
    let says = unless.as_ref().map(|unless| unless.words(pair, side)).unwrap_or_default();
    let rank = threshold.reaches;
    // From its line on hardship is left out, so that a threshold moved across it is met by fewer children or by more.
    let leaves_out = |side: usize| {
        let rules = pair.rules[side];
        rules.thresholds.iter().find(|one| one.id == threshold.id).map(|one| rules.leaves_out_hardship(one))
    };
    let order = if leaves_out(0) == leaves_out(1) { Order::More(vec![i64::from(rank)]) } else { Order::None };
    let needs = Term::counted(&threshold.needs);
    let counted = needs.words(pair, side);
    entry
        .ordered("the level reached", format!("level {rank}"), Change::MovedLevel, order)
        .ordered("what it counts", counted, Change::Number, Order::When(needs))
        .ordered("where it lapses", says, Change::Changed, Order::Lowers(unless.map(|unless| (unless, 0))))
        .list("what a manager answers", Decides::Practice, considerations(pair.rules[side], &threshold.considerations))
        .words("the sentence", &threshold.says)
        .words("the reason", &threshold.reason)
        .list("the source", Decides::Words, threshold.source.clone())
}

fn considerations(rules: &RuleSet, places: &[usize]) -> Vec<String> {
    places.iter().map(|place| rules.considerations[*place].id.clone()).collect()
}

/// The groups of domains that thresholds count by.
fn groups(rules: &RuleSet) -> Entry {
    let entry = Entry::new(Of::Groups, "groups", FILE, "groups of domains", Decides::Level);
    entry.level("what counts as one", groups_in_words(rules).join("; "))
}

/// Each group as the domains that count as one in it.
pub(super) fn groups_in_words(rules: &RuleSet) -> Vec<String> {
    let counted = rules.thresholds.iter().flat_map(|threshold| &threshold.needs).find_map(|part| part.groups.as_ref());
    let of_domains = rules.needs_of_domains();
    let groups = counted.map(|(_, groups)| groups.as_slice()).unwrap_or_default().iter().map(|group| {
        let domains = Domain::ALL.into_iter().filter(|domain| of_domains[*domain as usize].meets(group));
        all_of(domains.map(|domain| format!("“{}”", domain.word())))
    });
    sorted(groups.collect())
}

fn modifiers(rules: &RuleSet) -> Entry {
    let modifiers = &rules.modifiers;
    let from: BTreeSet<String> =
        (1..=MAX_RANK).filter(|rank| rules.modifier_steps_from(*rank)).map(|rank| format!("level {rank}")).collect();
    let says = if from.is_empty() { String::new() } else { all_of(&from) };
    let instead = modifiers.instead.iter().map(|(rank, asked)| {
        format!("at level {rank} {}", all_of(sorted(considerations(rules, asked))).replace('_', " "))
    });
    Entry::new(Of::Modifiers, "modifiers", FILE, "how far they raise", Decides::Level)
        .ordered(
            "at most",
            count(usize::from(modifiers.steps_at_most), "step"),
            Change::Number,
            Order::More(vec![i64::from(modifiers.steps_at_most)]),
        )
        .ordered("from", says, Change::Changed, Order::MoreOf(from))
        .list("what a manager answers instead", Decides::Practice, instead.collect())
        .words("the reason", &modifiers.because.reason)
        .list("the source", Decides::Words, modifiers.because.source.clone())
}

fn hardship(rules: &RuleSet) -> Entry {
    let line = rules.hardship_never_reaches;
    let says = if line > MAX_RANK { String::new() } else { format!("level {line}") };
    Entry::new(Of::Hardship, "hardship", FILE, "material hardship", Decides::Level)
        .ordered("never helps to reach", says, Change::MovedLevel, Order::More(vec![i64::from(line)]))
        .words("the reason", &rules.hardship_because.reason)
        .list("the source", Decides::Words, rules.hardship_because.source.clone())
}

fn protection(rules: &RuleSet) -> impl Iterator<Item = Entry> {
    rules.protection.iter().map(|part| {
        let fact = &rules.indicators[part.fact];
        let cancels: BTreeSet<String> = part.cancels.iter().filter_map(|owner| owner_id(rules, owner)).collect();
        let says = all_of(cancels.iter().map(|id| named(id)));
        let mut entry = Entry::new(Of::Protection, &fact.id, FILE, &fact.ask, Decides::Level);
        entry.there = Some(Direction::Tightened);
        entry.ordered("the modifiers cancelled", says, Change::Changed, Order::FewerOf(cancels))
    })
}

fn across_children<'p>(pair: &'p Pair<'p>, side: usize) -> impl Iterator<Item = Entry> + 'p {
    let rules = pair.rules[side];
    rules.across_children.iter().map(move |across| {
        let need = Term::need(rules, &across.need);
        let actions = across.actions.iter().map(|action| rules.actions[*action].id.clone()).collect();
        let asked = across.ask_first.iter().map(|fact| rules.indicators[*fact].id.clone()).collect();
        let says = need.words(pair, side);
        let when = Part::new("when one child has", says, Decides::Practice, Change::Changed);
        Entry::new(Of::AcrossChildren, &across.id, FILE, &across.says, Decides::Practice)
            .part(Part { order: Order::Is(need), ..when })
            .list("what to do for every other child", Decides::Practice, actions)
            .list("what to ask first", Decides::Practice, asked)
            .words("the sentence", &across.says)
            .list("the source", Decides::Words, across.source.clone())
    })
}
