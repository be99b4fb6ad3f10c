//! The ladder: one level for every referral, every level for some, and nothing below or above what is owed.

use super::{Check, Finding, Prover};
use crate::criteria::{Contribution, Gives};
use crate::diagnostic::Place;
use crate::proof::instance::Verdict;
use crate::proof::{Disagreement, Source};

/// A level is reached only where every one below it is.
pub(super) fn one_level(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("one-level", "every referral has exactly one level");
    for rank in 1..prover.rules.ladder().highest() {
        let conditions = [prover.instance.at_least(0, rank + 1), !prover.instance.at_least(0, rank)];
        prover.never(&mut check, &format!("level {rank}"), &conditions, |_, told| {
            let message = format!("a referral is at level {} and not at level {rank}", rank + 1);
            Finding::new(format!("level {rank}"), message).with(told)
        })?;
    }
    Ok(check)
}

/// Every level is that of some referral.
pub(super) fn reached(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("level-reached", "every level is that of some referral");
    for rank in 1..=prover.rules.ladder().highest() {
        let condition = prover.instance.is_level(0, rank);
        match prover.instance.never(&[condition])? {
            Verdict::Refuted(referral) => {
                check.proved += 1;
                check.listed.push(prover.told(&referral).vignette());
            }
            Verdict::NotDecided => check.not_decided.push(format!("level {rank}")),
            Verdict::Proved => {
                let name = &prover.rules.ladder().level(rank).name;
                let message = format!("no referral is at level {rank}, {name}");
                check.findings.push(Finding::new(format!("level {rank}"), message));
            }
        }
    }
    Ok(check)
}

/// What gives a floor or a duty, and where that stands.
fn floors<'p>(prover: &Prover<'p>, source: Source) -> Option<(&'p str, &'p Gives, Option<Place>)> {
    let (id, gives, place) = match source {
        Source::Answer(fact, class) => {
            let indicator = &prover.rules.indicators()[fact];
            let place = prover.places.answer(indicator, class);
            (&indicator.id, &indicator.classes[usize::from(class)].gives, place)
        }
        Source::Criterion(criterion) => {
            let criterion = &prover.rules.criteria()[criterion];
            (&criterion.id, &criterion.gives, prover.places.id(&criterion.id))
        }
        Source::Threshold(_) => return None,
    };
    matches!(gives.contribution, Contribution::Floor(_) | Contribution::Duty(_)).then_some((id, gives, place))
}

/// No level is below a floor or duty that is found, nor below what a softened one leaves.
pub(super) fn floors_hold(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("floor-holds", "no level is below a floor or a duty that is found");
    for (source, (found, softened)) in prover.instance.encoded(0).found.clone() {
        let Some((id, gives, place)) = floors(prover, source) else { continue };
        let then = gives.softens.as_ref().map_or(1, |softens| softens.then);
        for (rank, softened) in [(gives.contribution.rank(), !softened), (then, softened)] {
            let conditions = [found, softened, !prover.instance.at_least(0, rank)];
            let place = place.clone();
            prover.never(&mut check, id, &conditions, |_, told| {
                let message = format!("`{id}` gives a floor of {rank}, and the level is {}", told.level);
                Finding::new(id, message).at(place).with(told)
            })?;
        }
    }
    Ok(check)
}

/// A protection level rests on a floor or a duty of that level, never on counts or modifiers.
pub(super) fn counts_stay_below(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("counts-stay-below", "counts and modifiers never make a protection level");
    let Some(protection) = prover.rules.ladder().protection_from() else { return Ok(check) };
    for rank in protection..=prover.rules.ladder().highest() {
        let floor = prover.instance.encoded(0).floor[usize::from(rank) - 1];
        let conditions = [prover.instance.at_least(0, rank), !floor];
        prover.never(&mut check, &format!("level {rank}"), &conditions, |_, told| {
            let message = format!("counts or modifiers make level {rank}, which takes suspected significant harm");
            Finding::new(format!("level {rank}"), message).with(told)
        })?;
    }
    Ok(check)
}
