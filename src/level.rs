//! Level: what the agreed criteria indicate for one child, and why.
//!
//! `evaluate` is a pure function without a clock, I/O, randomness or errors. `bounds` is its hot path: the same pass,
//! without the words. Times allowed stay durations here; `deadlines` turns them into times.

mod evaluation;

mod combine;

mod unknowns;

mod explain;

use crate::criteria::{Need, RuleSet};
use crate::facts::Facts;

pub(crate) use combine::{Begun, Completed, Pass};
pub use evaluation::*;
pub(crate) use unknowns::completed;
pub use unknowns::{Bounds, Considered, Outline, bounds, is_ruled_out, outline, truth};

/// Evaluates one child's facts.
pub fn evaluate<'r>(rules: &'r RuleSet, facts: &Facts, explain: Explain) -> Evaluation<'r> {
    explain::evaluation(rules, facts, explain)
}

/// Whether what is established has a need; asked across the children of a referral.
pub fn has(rules: &RuleSet, facts: &Facts, need: &Need) -> bool {
    unknowns::established(rules, facts).has(need)
}

/// Whether a rule was found in one pass.
#[derive(Debug, Clone)]
pub struct Found {
    /// The indicator, criterion or threshold.
    pub id: String,
    /// Which of these it is.
    pub kind: &'static str,
    /// Whether it was found.
    pub found: bool,
}

/// Every rule in the least and in the greatest pass, in one order: indicators that give anything, criteria, thresholds.
pub fn findings(rules: &RuleSet, facts: &Facts) -> (Vec<Found>, Vec<Found>) {
    let considered = Considered::of(rules, facts);
    let found = |pass| {
        let completed = completed(rules, facts, &considered, pass);
        let findings = combine::combine(rules, &completed);
        let indicators = rules.indicators().iter().enumerate();
        let giving = indicators.filter(|(_, fact)| fact.classes.iter().any(|class| !class.gives.is_nothing()));
        let indicators = giving.map(|(index, fact)| {
            let class = fact.classes.get(usize::from(completed.class[index]));
            Found {
                id: fact.id.clone(),
                kind: "indicator",
                found: completed.beyond_least.contains(index) && class.is_some_and(|class| !class.gives.is_nothing()),
            }
        });
        let criteria = rules.criteria().iter().enumerate().map(|(index, criterion)| Found {
            id: criterion.id.clone(),
            kind: "criterion",
            found: findings.holding.contains(index),
        });
        let thresholds = rules.thresholds().iter().enumerate().map(|(index, threshold)| Found {
            id: threshold.id.clone(),
            kind: "threshold",
            found: findings.reached.contains(index),
        });
        indicators.chain(criteria).chain(thresholds).collect()
    };
    (found(Pass::Least), found(Pass::Greatest))
}
