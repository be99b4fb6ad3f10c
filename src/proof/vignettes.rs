//! Vignettes for review and calibration: on either side of each line between two levels, the smallest two referrals that
//! are one answer apart, and the same with that answer not known.
//!
//! A rule carries a referral over a line when it is found, the level is above the line with it and below without it,
//! and one answer, changed for the next of less concern, takes it away and the level below the line. Each rule is shown
//! once, at the highest line that it carries over by what it gives itself. Beyond that line it takes other rules' help,
//! and mostly the same ones', so that is shown only of a rule that carries over no other line, and of a line that would
//! have no pair. Both referrals of a pair say the answer in which they differ.
//!
//! Every level is the evaluator's. What the solver does not decide within its budget is told, and nothing shown of it.

mod told;

mod search;

mod writer;

use super::Disagreement;
use super::instance::CONFLICTS;
use super::rule::Source;
use crate::criteria::{Places, RuleSet};
use crate::ladder::Rank;
use search::{Found, Idle, Search, Sought};
use writer::Writer;

pub use told::{Boundary, IdleRule, Line, Rule, Undecided, Vignette, Vignettes};

/// Finds the vignettes of a rule set.
///
/// # Errors
/// When the evaluator disagrees with the encoding about a referral, so that no level can be trusted.
pub fn vignettes(rules: &RuleSet, places: &Places<'_>) -> Result<Vignettes, Disagreement> {
    vignettes_within(rules, places, CONFLICTS)
}

/// The same with a budget of conflicts for each question to the solver.
///
/// # Errors
/// The same.
pub fn vignettes_within(rules: &RuleSet, places: &Places<'_>, conflicts: u64) -> Result<Vignettes, Disagreement> {
    let mut finder = Finder {
        highest: rules.ladder().highest(),
        search: Search::of(rules, conflicts),
        pairs: Vec::new(),
        idle: Vec::new(),
        without_a_pair: Vec::new(),
        not_decided: Vec::new(),
    };
    for rule in finder.search.sources() {
        finder.of_rule(rule, rule.rank(rules))?;
    }
    for rank in 2..=finder.highest {
        finder.of_line(rank)?;
    }
    let Finder { mut pairs, idle, without_a_pair, not_decided, .. } = finder;
    pairs.sort_by_key(|(rank, rule, _)| (*rank, *rule));
    let mut writer = Writer { rules, places, written: Vec::new() };
    let pairs = pairs.iter().map(|(rank, rule, found)| writer.pair(*rank, *rule, found));
    Ok(Vignettes {
        rule_set: rules.id().clone(),
        pairs: pairs.collect::<Result<_, _>>()?,
        idle: idle
            .into_iter()
            .map(|(rule, idle)| IdleRule { rule: writer.named(rule), because: because(idle) })
            .collect(),
        without_a_pair: without_a_pair.into_iter().map(Line::to).collect(),
        not_decided: not_decided
            .into_iter()
            .map(|(rule, rank)| Undecided { rule: rule.map(|rule| writer.named(rule)), line: rank.map(Line::to) })
            .collect(),
        vignettes: writer.written,
    })
}

/// What is found so far; a line is named by the rank above it.
struct Finder<'r> {
    highest: Rank,
    search: Search<'r>,
    pairs: Vec<(Rank, Option<Source>, Found)>,
    idle: Vec<(Source, Idle)>,
    without_a_pair: Vec<Rank>,
    not_decided: Vec<(Option<Source>, Option<Rank>)>,
}

impl Finder<'_> {
    /// Finds the pair of a rule that gives a level itself, or why there is none.
    fn of_rule(&mut self, rule: Source, gives: Rank) -> Result<(), Disagreement> {
        // A modifier gives no level of its own, and may carry over any line.
        let own = if gives == 0 { self.highest } else { gives };
        let mut decided = true;
        for rank in (2..=own).rev().chain(own + 1..=self.highest) {
            match self.search.pair(Some(rule), rank)? {
                Sought::Pair(found) => {
                    self.pairs.push((rank, Some(rule), found));
                    return Ok(());
                }
                Sought::Nothing => {}
                Sought::NotDecided => {
                    decided = false;
                    self.is_not_decided(Some(rule), Some(rank));
                }
            }
        }
        if decided {
            match self.search.idle(rule) {
                Some(idle) => self.idle.push((rule, idle)),
                None => self.is_not_decided(Some(rule), None),
            }
        }
        Ok(())
    }

    /// Finds a pair on either side of a line that no rule is shown at.
    fn of_line(&mut self, rank: Rank) -> Result<(), Disagreement> {
        if self.pairs.iter().any(|(line, ..)| *line == rank) {
            return Ok(());
        }
        let any = match self.search.pair(None, rank)? {
            Sought::Pair(found) => found,
            Sought::Nothing => {
                self.without_a_pair.push(rank);
                return Ok(());
            }
            Sought::NotDecided => {
                self.is_not_decided(None, Some(rank));
                return Ok(());
            }
        };
        let mut smallest: Option<(Source, Found)> = None;
        for rule in self.search.sources() {
            match self.search.pair(Some(rule), rank)? {
                Sought::Pair(found) if smallest.as_ref().is_none_or(|(_, than)| found.size() < than.size()) => {
                    smallest = Some((rule, found));
                }
                Sought::Pair(_) | Sought::Nothing => {}
                Sought::NotDecided => self.is_not_decided(Some(rule), Some(rank)),
            }
        }
        self.pairs.push(smallest.map_or((rank, None, any), |(rule, found)| (rank, Some(rule), found)));
        Ok(())
    }

    fn is_not_decided(&mut self, rule: Option<Source>, rank: Option<Rank>) {
        if !self.not_decided.contains(&(rule, rank)) {
            self.not_decided.push((rule, rank));
        }
    }
}

fn because(idle: Idle) -> &'static str {
    match idle {
        Idle::NeverFound => "no referral meets it",
        Idle::Shadowed => "wherever it is found, something else makes the level at least as high",
        Idle::LikeTheAnswerBefore => "the answer before it carries as far",
        Idle::NotByOneAnswer => "no one answer takes it away and the level with it",
    }
}
