//! What is not known, taken once as least and once as greatest concern: settled or provisional.
//!
//! The shape rule makes every rule set monotone in the order of concern, so the two passes give the lowest and the
//! highest level over all completions. Not known is never filled with the harmless answer and forgotten: a fact that
//! is considered and not known always widens what can be said.

use super::combine::{Begun, Completed, Findings, Pass, combine, row};
use crate::criteria::{Condition, CriterionSet, RuleSet, ThresholdSet};
use crate::facts::{FactIndex, FactSet, Facts, NOT_KNOWN, Scope, TopicSet};
use crate::ladder::Rank;

/// The lowest and the highest level over everything that is not known.
// INVARIANT: at_least <= at_most; only `of_passes` makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    at_least: Rank,
    at_most: Rank,
}

impl Bounds {
    /// The lowest level that fits what is known, given what is presumed: act on this now.
    pub fn at_least(self) -> Rank {
        self.at_least
    }

    /// The highest level that fits what is known.
    pub fn at_most(self) -> Rank {
        self.at_most
    }

    /// Whether more information would not change the level.
    pub fn is_settled(self) -> bool {
        self.at_least == self.at_most
    }
}

/// The two bounds, and nothing else: the hot path. Allocates nothing.
pub fn bounds(rules: &RuleSet, facts: &Facts) -> Bounds {
    outline(rules, facts).bounds
}

/// An answer without a word: its bounds, and what was found.
#[derive(Debug, Clone, Copy)]
pub struct Outline {
    /// The lowest and the highest level.
    pub bounds: Bounds,
    /// The facts whose answers give anything, those that are presumed so among them.
    facts: FactSet,
    criteria: CriterionSet,
    /// The thresholds that were reached.
    pub thresholds: ThresholdSet,
    /// Whether a script fails for these facts.
    pub script_fails: bool,
}

impl Outline {
    /// The ids of what was found and gives anything, in the order of the rules: those of an evaluation's reasons.
    pub fn reasons<'r>(&'r self, rules: &'r RuleSet) -> impl Iterator<Item = &'r str> + Clone {
        let facts = self.facts.iter().map(|fact| rules.indicators[fact].id.as_str());
        facts.chain(self.criteria.iter().map(|criterion| rules.criteria[criterion].id.as_str()))
    }
}

/// The bounds and what was found, for those who evaluate millions. Allocates nothing.
pub fn outline(rules: &RuleSet, facts: &Facts) -> Outline {
    let considered = Considered::of(rules, facts);
    let passed = completed(rules, facts, &considered, Pass::Least);
    let mut begun = Begun::of(rules, &passed);
    let mut script_fails = fails(rules, &passed);
    // With nothing to fill in, the passes differ only by what a script that fails counts as.
    let differ = !considered.open_when_greatest.is_empty() || script_fails;
    let greatest = differ.then(|| {
        let filled = filled(rules, &considered, passed.clone());
        script_fails |= fails(rules, &filled);
        begun.level_at_greatest(rules, &filled, &considered)
    });
    begun.end(rules, &passed);
    let Findings { giving, holding, reached, level, .. } = begun.findings;
    let bounds = of_passes(level, greatest.unwrap_or(level));
    let criteria = holding.and(&rules.index.giving);
    Outline { bounds, facts: giving, criteria, thresholds: reached, script_fails }
}

/// Whether a script fails in a pass.
fn fails(rules: &RuleSet, completed: &Completed<'_>) -> bool {
    rules.tables.iter().any(|table| row(table, completed).is_fault())
}

/// The bounds of two passes. The checks make the second at least the first; should they ever not, both ends are kept.
pub fn of_passes(least: Rank, greatest: Rank) -> Bounds {
    debug_assert!(least <= greatest, "the shape rule makes every rule set monotone");
    Bounds { at_least: least.min(greatest), at_most: greatest.max(least) }
}

/// What is established, given what is presumed.
pub fn established(rules: &RuleSet, facts: &Facts) -> Findings {
    combine(rules, &completed(rules, facts, &Considered::of(rules, facts), Pass::Least))
}

/// Which facts the referral is about.
#[derive(Debug, Clone, Copy)]
pub struct Considered {
    /// Core, opened or spoken of, or never assumed: asked, unless the answer is known.
    pub facts: FactSet,
    /// Considered and not known: what could still be asked.
    pub open: FactSet,
    /// The same, with everything that the greatest answers would open.
    pub open_when_greatest: FactSet,
}

impl Considered {
    /// The facts to consider, from what was said.
    pub fn of(rules: &RuleSet, facts: &Facts) -> Self {
        let index = &rules.index;
        let mut topics = facts.raised;
        let silent = facts.least.without(&index.openers_at_least);
        for fact in facts.given.and(&index.openers).without(&silent).iter() {
            if let Some(answer) = rules.brief(fact, facts.class[fact]) {
                topics = topics.or(&answer.opens);
            }
        }
        let always = index.core.or(&index.circumstances).or(&facts.spoken_of());
        let considered = |topics: &TopicSet| match facts.scope {
            Scope::All => index.asked,
            Scope::Referral => topics.iter().fold(always, |set, topic| set.or(&index.of_topic[topic])),
        };
        // What the greatest pass fills: known facts stay, presumed and protective ones are filled by presumption,
        // unordered ones stay not known, and a question that is certainly not asked takes its least answer.
        let filled = index.presumed.or(&index.protective).or(&index.unordered).or(&index.retired).or(&facts.given);
        let asked = considered(&topics);
        let mut gates = Gates::default();
        let open = gates.close(rules, facts, asked.without(&filled));
        let (mut wide, mut widest) = (asked, open);
        loop {
            // A presumed fact that is asked opens as much as its answer would, though nothing else changes with it.
            let presumed = gates.close(rules, facts, wide.and(&index.presumed).without(&facts.given));
            let (mut wider, could_be_told) = (topics, widest.or(&presumed));
            for (topic, openers) in index.openers_of.iter().enumerate() {
                if could_be_told.meets(openers) {
                    wider.insert(topic);
                }
            }
            if wider == topics {
                return Self { facts: asked, open, open_when_greatest: widest };
            }
            topics = wider;
            wide = considered(&topics);
            widest = gates.close(rules, facts, wide.without(&filled));
        }
    }
}

/// The gates that were looked at, each once.
#[derive(Default)]
struct Gates {
    looked_at: FactSet,
    closed: FactSet,
}

impl Gates {
    /// Some questions, without those that what is known rules out.
    fn close(&mut self, rules: &RuleSet, facts: &Facts, questions: FactSet) -> FactSet {
        let gated = questions.and(&rules.index.gated);
        for fact in gated.without(&self.looked_at).iter() {
            if is_ruled_out(rules, facts, fact) {
                self.closed.insert(fact);
            }
        }
        self.looked_at = self.looked_at.or(&gated);
        questions.without(&self.closed)
    }
}

/// Whether what is known makes a question certainly not asked, and nobody spoke of it.
pub fn is_ruled_out(rules: &RuleSet, facts: &Facts, fact: FactIndex) -> bool {
    let gate = rules.indicators[fact].asked_when.as_ref();
    gate.is_some_and(|gate| truth(rules, facts, gate) == Some(false))
        && !facts.said_not_known.contains(fact)
        && !facts.said_refused.contains(fact)
}

/// Kleene's three values over what was said: `None` is not known. Presumptions do not count as said.
pub fn truth(rules: &RuleSet, facts: &Facts, condition: &Condition) -> Option<bool> {
    match condition {
        Condition::All(parts) => all(parts.iter().map(|part| truth(rules, facts, part))),
        Condition::Any(parts) => {
            all(parts.iter().map(|part| truth(rules, facts, part).map(|value| !value))).map(|all| !all)
        }
        Condition::Test { fact, classes } => facts.known(*fact).map(|class| classes >> class & 1 == 1),
        Condition::Holds(criterion) => truth(rules, facts, &rules.criteria[*criterion].when),
        Condition::Stated { fact, classes } => Some(facts.known(*fact).is_some_and(|class| classes >> class & 1 == 1)),
        // The checks keep these out of gates.
        Condition::Need(_) | Condition::Table(_) => None,
    }
}

/// Kleene's conjunction: one false makes it false, else one not known makes it not known.
fn all(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for value in values {
        match value {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = false,
        }
    }
    known.then_some(true)
}

/// Fills in what is not known.
pub fn completed<'f>(rules: &RuleSet, facts: &'f Facts, considered: &Considered, pass: Pass) -> Completed<'f> {
    let index = &rules.index;
    let mut class = index.unsaid.0;
    // Not one fact after another that was given: so many at once is sooner done.
    for (class, said) in class.iter_mut().zip(&facts.class) {
        *class = if *said == NOT_KNOWN { *class } else { *said };
    }
    let beyond_least = facts.given.without(&facts.least.without(&index.unordered));
    let beyond_least = beyond_least.or(&index.unsaid_beyond_least.without(&facts.given));
    let completed = Completed { facts, class, beyond_least, pass: Pass::Least };
    if pass == Pass::Greatest { filled(rules, considered, completed) } else { completed }
}

/// From what is filled in for the least pass to what is for the greatest.
pub fn filled<'f>(rules: &RuleSet, considered: &Considered, mut completed: Completed<'f>) -> Completed<'f> {
    for fact in considered.open_when_greatest.iter() {
        completed.class[fact] = rules.index.greatest.0[fact];
    }
    completed.beyond_least = completed.beyond_least.or(&considered.open_when_greatest);
    completed.pass = Pass::Greatest;
    completed
}
