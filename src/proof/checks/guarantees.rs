//! What a board wants to be certain of, as it wrote it in `guarantees.yaml`.

use super::{Check, Finding, Prover};
use crate::criteria::yaml::Step;
use crate::proof::Disagreement;

/// Every guarantee holds for every referral that it is about.
pub(super) fn hold(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("guarantee", "every guarantee of the board holds");
    for guarantee in &prover.rules.guarantees().guarantees {
        let mut about = Vec::new();
        if let Some(when) = &guarantee.when {
            about.push(prover.instance.condition(0, when));
        }
        if let Some(only) = &guarantee.only {
            about.extend(prover.silent(|fact| !only.contains(&fact)));
        }
        let id = guarantee.id.as_str();
        if prover.instance.is_never(&about) == Some(true) {
            let message = format!("guarantee `{id}` is about no referral, so it promises nothing");
            let place = prover.places.inside(id, &[Step::Key("when")]);
            check.findings.push(Finding::new(id, message).at(place));
            continue;
        }
        let least = guarantee.at_least.map(|rank| (!prover.instance.at_least(0, rank), format!("at least {rank}")));
        let most = guarantee.at_most.map(|rank| (prover.instance.at_least(0, rank + 1), format!("at most {rank}")));
        for (broken, promised) in least.into_iter().chain(most) {
            let conditions: Vec<_> = about.iter().copied().chain([broken]).collect();
            prover.never(&mut check, id, &conditions, |prover, told| {
                let message = format!("guarantee `{id}` promises {promised}, and the level is {}", told.level);
                Finding::new(id, message).at(prover.places.id(id)).with(told).help(guarantee.says.clone())
            })?;
        }
    }
    Ok(check)
}
