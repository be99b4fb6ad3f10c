//! Why this level, why not higher, what to ask next: by taking answers away or changing them and evaluating again.
//!
//! Nothing here describes the rules a second time. Each question is put to the one evaluator, on facts that differ
//! from the referral's by the answer in question.

mod view;

mod advice;
mod nearest;
mod questions;
mod reasons;

use super::combine::{Begun, Pass};
use super::evaluation::{Evaluation, Explain, NamedLevel};
use super::unknowns::{Considered, completed, filled, of_passes};
use crate::criteria::RuleSet;
use crate::facts::Facts;
use crate::ladder::Within;
use view::View;

pub(super) fn evaluation<'r>(rules: &'r RuleSet, facts: &Facts, explain: Explain) -> Evaluation<'r> {
    let considered = Considered::of(rules, facts);
    let least_facts = completed(rules, facts, &considered, Pass::Least);
    let begun = Begun::of(rules, &least_facts);
    let mut ended = begun.clone();
    ended.end(rules, &least_facts);
    let least = ended.findings;
    let greatest_facts = filled(rules, &considered, least_facts.clone());
    let greatest = begun.level_at_greatest(rules, &greatest_facts, &considered);
    let bounds = of_passes(least.level, greatest);
    let view = View { rules, facts, considered, bounds, least_facts, least, begun, greatest_facts };
    let summary = explain >= Explain::Summary;
    let full = explain == Explain::Full;
    let at_least = rules.ladder.level(bounds.at_least());
    let at_most = rules.ladder.level(bounds.at_most());
    let (sufficient_reason, enough) = if summary { view.sufficient_reason() } else { Default::default() };
    let (ask_next, total) = view.ask_next();
    let (priority, limits) = view.urgency();
    let within = limits.iter().map(|(within, _)| *within);
    let respond_within = within.reduce(Within::sooner).unwrap_or(at_least.respond_within);
    Evaluation {
        rule_set: &rules.id,
        engine: concat!("windscreen ", env!("CARGO_PKG_VERSION")),
        settled: bounds.is_settled(),
        level: bounds.is_settled().then_some(at_least),
        at_least,
        at_most: NamedLevel { rank: at_most.rank, name: &at_most.name },
        priority,
        respond_within,
        respond_by: None,
        reasons: if summary { view.reasons() } else { Vec::new() },
        thresholds: if summary { view.thresholds() } else { Vec::new() },
        sufficient_reason,
        enough,
        why_not_higher: if full { view.why_not_higher() } else { Vec::new() },
        would_change: if full { view.would_change() } else { Vec::new() },
        ask_next,
        ask_next_total: total,
        considerations: view.considerations(),
        actions: view.actions(),
        presumed: view.presumed().iter().map(|fact| view.answered(fact)).collect(),
        not_raised: view.not_raised(),
        protective: view.protective(),
        conflicts: view.conflicts(),
        retired: view.retired(),
        faults: view.faults(),
        say: view.say(),
        limits,
    }
}
