//! Conditions: none that can never hold, none that always does, and no part that says nothing.

use super::{Check, Finding, Prover};
use crate::criteria::yaml::Step;
use crate::criteria::{Condition, Criterion, NeedSet, Threshold};
use crate::proof::{Disagreement, Literal};

/// Every criterion holds for some referral, and every threshold is reached.
pub(super) fn sometimes_hold(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("never-holds", "every criterion and threshold is met by some referral");
    let encoded = prover.instance.encoded(0);
    let criteria = prover.rules.criteria().iter().map(|Criterion { id, .. }| id).zip(encoded.criteria.clone());
    let thresholds = prover.rules.thresholds().iter().map(|Threshold { id, .. }| id).zip(encoded.thresholds.clone());
    for (id, holds) in criteria.chain(thresholds) {
        prover.ever(&mut check, id, &[holds], |prover| {
            let message = format!("no referral meets `{id}`, so it is dead");
            Finding::new(id, message).at(prover.places.id(id)).help("take it out, or mend what it asks for")
        });
    }
    Ok(check)
}

/// Every criterion leaves some referral out.
pub(super) fn do_not_always_hold(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("always-holds", "every criterion leaves some referral out");
    let holds = prover.instance.encoded(0).criteria.clone();
    for (Criterion { id, .. }, holds) in prover.rules.criteria().iter().zip(holds) {
        prover.ever(&mut check, id, &[!holds], |prover| {
            let message = format!("every referral meets `{id}`, so it is no condition");
            Finding::new(id, message).at(prover.places.id(id)).help("say what it should leave out")
        });
    }
    Ok(check)
}

/// Without any one part a condition is another condition.
pub(super) fn need_every_part(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("redundant-part", "no part of a condition can be left out without changing it");
    let rules = prover.rules;
    for criterion in rules.criteria() {
        parts(prover, &mut check, &criterion.id, &criterion.when, &[Step::Key("when")])?;
        if let Some(softens) = &criterion.gives.softens {
            let path = [Step::Key("gives"), Step::Key("unless")];
            parts(prover, &mut check, &criterion.id, &softens.unless, &path)?;
        }
    }
    for threshold in rules.thresholds() {
        if let Some(unless) = &threshold.unless {
            parts(prover, &mut check, &threshold.id, unless, &[Step::Key("unless")])?;
        }
    }
    for guarantee in &rules.guarantees().guarantees {
        if let Some(when) = &guarantee.when {
            parts(prover, &mut check, &guarantee.id, when, &[Step::Key("when")])?;
        }
    }
    Ok(check)
}

/// Looks at every part of a condition, and tells those that say nothing; each alone.
fn parts(
    prover: &mut Prover<'_>,
    check: &mut Check,
    id: &str,
    condition: &Condition,
    path: &[Step<'_>],
) -> Result<(), Disagreement> {
    let whole = prover.instance.condition(0, condition);
    for (mut without, at) in each_left_out(condition) {
        // A need sees what is no longer tested beside it.
        let indicators = prover.rules.indicators();
        let tested: NeedSet = without.reads(prover.rules).iter().map(|fact| indicators[fact].need).collect();
        without.leave_out_beside(&tested);
        let less = prover.instance.condition(0, &without);
        let path: Vec<Step<'_>> = path.iter().copied().chain(at.iter().copied()).collect();
        if let Some(differs) = differ(prover, whole, less) {
            if differs {
                check.proved += 1;
            } else {
                let message = format!("a part of `{id}` says nothing: without it the condition is the same");
                let place = prover.places.inside(id, &path);
                let help = "another part already says it, or makes it certain; leave one of the two out";
                check.findings.push(Finding::new(id, message).at(place).help(help));
            }
        } else {
            check.not_decided.push(id.to_owned());
        }
    }
    Ok(())
}

/// Whether two conditions differ for some referral.
fn differ(prover: &mut Prover<'_>, one: Literal, other: Literal) -> Option<bool> {
    let apart = [prover.instance.all([one, !other]), prover.instance.all([other, !one])];
    let differ = prover.instance.any(apart);
    prover.instance.is_never(&[differ]).map(|same| !same)
}

/// The condition without each of its parts, of a list that has others, and where the part stands.
fn each_left_out(condition: &Condition) -> Vec<(Condition, Vec<Step<'static>>)> {
    let (parts, key) = match condition {
        Condition::All(parts) => (parts, "all"),
        Condition::Any(parts) => (parts, "any"),
        Condition::Test { .. }
        | Condition::Holds(_)
        | Condition::Need(_)
        | Condition::Stated { .. }
        | Condition::Table(_) => return Vec::new(),
    };
    let whole = |parts: Vec<Condition>| {
        if key == "all" { Condition::All(parts) } else { Condition::Any(parts) }
    };
    let mut less = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let step = [Step::Key(key), Step::Item(index)];
        if parts.len() > 1 {
            let mut others = parts.clone();
            others.remove(index);
            less.push((whole(others), step.to_vec()));
        }
        for (inner, path) in each_left_out(part) {
            let mut changed = parts.clone();
            changed[index] = inner;
            less.push((whole(changed), step.into_iter().chain(path).collect()));
        }
    }
    less
}
