//! The questions of a board about its rules, each answered for every possible referral.
//!
//! What a check finds is a finding with its place, and with the smallest referral for which it is so. A finding that
//! `guarantees.yaml` expects is listed with its reason instead; an expectation that nothing meets is a finding too.

mod report;

mod conditions;
mod facts;
mod guarantees;
mod levels;
mod order;
mod superfluous;

use super::Literal;
use super::instance::{CONFLICTS, Disagreement, Instance, Referral, Verdict};
use crate::criteria::{Places, RuleSet};
use crate::diagnostic::Diagnostic;
use crate::facts::FactIndex;

pub use report::{Accepted, Check, Counterexample, Finding, Proofs};

/// How hard it is tried, and how sure it is to be.
#[derive(Debug, Clone, Copy)]
pub struct Diligence {
    /// How many conflicts each question to the solver may take.
    pub conflicts: u64,
    /// Whether whatever the solver says is followed a second time.
    pub certify: bool,
}

impl Default for Diligence {
    fn default() -> Self {
        Self { conflicts: CONFLICTS, certify: false }
    }
}

/// Proves what can be proved about a rule set; `problems` are what loading it told.
///
/// # Errors
/// When the evaluator disagrees with the encoding about a referral, so that nothing can be called proved.
pub fn prove(
    rules: &RuleSet,
    places: &Places<'_>,
    problems: &[Diagnostic],
    diligence: Diligence,
) -> Result<Proofs, Disagreement> {
    let instance = if diligence.certify { Instance::certified(rules) } else { Instance::of(rules) };
    let mut prover = Prover { rules, places, instance: instance.with_budget(diligence.conflicts) };
    let mut checks = vec![
        levels::one_level(&mut prover)?,
        levels::reached(&mut prover)?,
        levels::floors_hold(&mut prover)?,
        levels::counts_stay_below(&mut prover)?,
        order::more_concern_never_lowers(&mut prover)?,
        order::answers_that_lower(&mut prover)?,
        facts::never_matters(&mut prover)?,
        guarantees::hold(&mut prover)?,
        conditions::sometimes_hold(&mut prover)?,
        conditions::do_not_always_hold(&mut prover)?,
        conditions::need_every_part(&mut prover)?,
    ];
    checks.extend(superfluous::checks(&mut prover)?);
    checks.extend([
        facts::cliffs(&mut prover)?,
        facts::silent_answers(&mut prover),
        facts::same_answers(&mut prover),
        facts::reach(&mut prover),
        facts::from_loading("unread", "every fact, criterion and script is looked at by some rule", problems),
        facts::from_loading("statutory-part", "every part is mentioned that guidance says must be covered", problems),
    ]);
    let (literals, conflicts) = prover.instance.effort();
    let certified = prover.instance.certificate();
    let mut proofs = Proofs { checks, literals, conflicts, certified };
    proofs.accept(rules, places);
    Ok(proofs)
}

/// What every check works with.
struct Prover<'p> {
    rules: &'p RuleSet,
    places: &'p Places<'p>,
    instance: Instance<'p>,
}

impl Prover<'_> {
    /// Adds to a check that no referral meets all conditions, or what is found where one does.
    fn never(
        &mut self,
        check: &mut Check,
        of: &str,
        conditions: &[Literal],
        finding: impl FnOnce(&Self, Counterexample) -> Finding,
    ) -> Result<(), Disagreement> {
        match self.instance.never(conditions)? {
            Verdict::Proved => check.proved += 1,
            Verdict::NotDecided => check.not_decided.push(of.to_owned()),
            Verdict::Refuted(referral) => {
                let told = self.told(&referral);
                check.findings.push(finding(self, told));
            }
        }
        Ok(())
    }

    /// The same where there is no referral to show, because the fault is that there is none.
    fn ever(&mut self, check: &mut Check, of: &str, conditions: &[Literal], finding: impl FnOnce(&Self) -> Finding) {
        match self.instance.is_never(conditions) {
            Some(false) => check.proved += 1,
            Some(true) => check.findings.push(finding(self)),
            None => check.not_decided.push(of.to_owned()),
        }
    }

    /// That nothing is said of some facts.
    fn silent(&mut self, about: impl Fn(FactIndex) -> bool) -> Vec<Literal> {
        let mut silent = Vec::new();
        for place in 0..self.instance.questions().len() {
            if self.rules.fact(&self.instance.questions()[place].id).is_some_and(&about) {
                silent.push(self.instance.is_said(place, None));
            }
        }
        silent
    }

    /// A referral in the questions' own words.
    fn told(&self, referral: &Referral) -> Counterexample {
        Counterexample::of(self.rules, referral)
    }

    /// Whether the levels of two encodings differ, the first being above.
    fn is_above(&mut self, above: &[Literal], below: &[Literal]) -> Literal {
        let pairs: Vec<Literal> =
            above.iter().zip(below).map(|(above, below)| self.instance.all([*above, !*below])).collect();
        self.instance.any(pairs)
    }
}
