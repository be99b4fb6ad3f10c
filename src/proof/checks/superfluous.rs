//! What could be taken out: what says the same as something else, and what never changes a level.
//!
//! Each alone. Two rules that stand in for each other are both told, and taking out both may change the level.

use super::{Check, Finding, Prover};
use crate::criteria::{Contribution, CriterionIndex, Gives};
use crate::proof::{Disagreement, Literal, Source};

/// How many answers are little to say.
const LITTLE: usize = 4;

/// Duplicates, what is subsumed, and what is shadowed.
pub(super) fn checks(prover: &mut Prover<'_>) -> Result<Vec<Check>, Disagreement> {
    let mut duplicate = Check::new("duplicate", "no two criteria hold for the same referrals");
    let mut subsumed =
        Check::new("subsumed", "every criterion gives something where it holds that no other gives there");
    let mut shadowed = Check::new("shadowed", "whatever gives something to the level changes it for some referral");
    let implied = implied(prover, &mut duplicate);
    for (source, (found, _)) in prover.instance.encoded(0).found.clone() {
        let of = source.name(prover.rules);
        match changes_a_level(prover, source, found) {
            Some(true) => shadowed.proved += 1,
            None => shadowed.not_decided.push(of),
            Some(false) => {
                let covering = match source {
                    Source::Criterion(criterion) => covering(prover, criterion, &implied),
                    Source::Answer(..) | Source::Threshold(_) => None,
                };
                let what = source.given(prover.rules);
                let place = source.place(prover.rules, prover.places);
                match covering {
                    Some((other, true)) => {
                        let message = format!("`{of}` can go: wherever it holds `{other}` does, and gives as much");
                        subsumed.findings.push(Finding::new(of, message).at(place));
                    }
                    Some((other, false)) => {
                        let message = format!("`{of}` {what}, and that never changes a level");
                        let help = format!("wherever it holds `{other}` does, and gives as much to the level");
                        shadowed.findings.push(Finding::new(of, message).at(place).help(help));
                    }
                    None => {
                        let message = format!("`{of}` {what}, and that never changes a level");
                        let help = "wherever it is found, something else makes the level at least as high";
                        shadowed.findings.push(Finding::new(of, message).at(place).help(help));
                    }
                }
            }
        }
    }
    subsumed.proved = prover.rules.criteria().iter().filter(|criterion| !criterion.gives.is_nothing()).count();
    subsumed.proved = subsumed.proved.saturating_sub(subsumed.findings.len());
    Ok(vec![duplicate, subsumed, shadowed])
}

/// Per criterion, those that hold wherever it does. Tells the pairs that hold for the same referrals.
fn implied(prover: &mut Prover<'_>, check: &mut Check) -> Vec<Vec<CriterionIndex>> {
    let rules = prover.rules;
    let holds = prover.instance.encoded(0).criteria.clone();
    let mut implied = vec![Vec::new(); holds.len()];
    let looks_at_needs = |index: CriterionIndex| rules.criteria()[index].when.looks_at_needs(rules);
    for (index, criterion) in rules.criteria().iter().enumerate() {
        for (other, beside) in rules.criteria().iter().enumerate().filter(|(other, _)| *other != index) {
            // What has no fact in common, and no need through which others come in, implies nothing.
            let apart = !criterion.reads.meets(&beside.reads) && !looks_at_needs(index) && !looks_at_needs(other);
            if !apart && prover.instance.is_never(&[holds[index], !holds[other]]) == Some(true) {
                implied[index].push(other);
            }
        }
    }
    for (index, criterion) in rules.criteria().iter().enumerate() {
        for other in index + 1..holds.len() {
            let both = [criterion, &rules.criteria()[other]];
            let named = both.iter().filter(|criterion| criterion.gives.is_nothing()).count();
            // A named condition says once what rules that give something say by its name.
            if named == 1 {
                continue;
            }
            if implied[index].contains(&other) && implied[other].contains(&index) {
                let [first, second] = both.map(|criterion| criterion.id.clone());
                let message = format!("`{first}` and `{second}` hold for the same referrals");
                let place = prover.places.id(&second);
                let finding = Finding { of: vec![first, second], ..Finding::new("", message) };
                check.findings.push(finding.at(place).help("say it once"));
            } else {
                check.proved += 1;
            }
        }
    }
    implied
}

/// Something that holds wherever a criterion does and gives as much to the level; whether it gives all the rest, too.
fn covering(
    prover: &mut Prover<'_>,
    criterion: CriterionIndex,
    implied: &[Vec<CriterionIndex>],
) -> Option<(String, bool)> {
    let rules = prover.rules;
    let own = &rules.criteria()[criterion];
    let mut others: Vec<(String, bool)> = Vec::new();
    for other in &implied[criterion] {
        let other = &rules.criteria()[*other];
        if is_as_much(&own.gives, &other.gives) {
            others.push((other.id.clone(), gives_the_rest(&own.gives, &other.gives)));
        }
    }
    for fact in own.reads.iter() {
        let indicator = &rules.indicators()[fact];
        let enough = indicator.classes.iter().enumerate().filter(|(_, class)| is_as_much(&own.gives, &class.gives));
        let enough: Vec<usize> = enough.map(|(class, _)| class).collect();
        let holds = prover.instance.encoded(0).criteria[criterion];
        let answered = prover.instance.is_taken_for(0, fact, |class| enough.contains(&usize::from(class)));
        if !enough.is_empty() && prover.instance.is_never(&[holds, !answered]) == Some(true) {
            let rest = enough.iter().all(|class| gives_the_rest(&own.gives, &indicator.classes[*class].gives));
            others.push((indicator.id.clone(), rest));
        }
    }
    let whole = others.iter().find(|(_, rest)| *rest).cloned();
    whole.or_else(|| others.into_iter().next())
}

/// Whether one gives the level at least what another does.
fn is_as_much(own: &Gives, other: &Gives) -> bool {
    let strength = |gives: &Gives| match gives.contribution {
        Contribution::Nothing => 0,
        Contribution::Counts { hardship: true, .. } => 1,
        Contribution::Counts { .. } => 2,
        Contribution::Duty(_) => 3,
        Contribution::Floor(_) => 4,
    };
    let contribution = strength(own) <= strength(other) && own.contribution.rank() <= other.contribution.rank();
    contribution && (!own.raises || other.raises) && (other.softens.is_none() || own.softens.is_some())
}

/// Whether one gives every action, consideration and deadline that another does.
fn gives_the_rest(own: &Gives, other: &Gives) -> bool {
    let within = own.within.is_none_or(|own| other.within.is_some_and(|other| other.sooner(own) == other));
    own.actions.iter().all(|action| other.actions.contains(action))
        && own.considerations.iter().all(|consideration| other.considerations.contains(consideration))
        && within
}

/// Whether some referral has another level without it.
fn changes_a_level(prover: &mut Prover<'_>, source: Source, found: Literal) -> Option<bool> {
    if matters_alone(prover, source, found) {
        return Some(true);
    }
    let with = prover.instance.encoded(0).level.clone();
    let without = prover.instance.encoded_without(0, source).level;
    let (fewer, more) = (prover.is_above(&with, &without), prover.is_above(&without, &with));
    let differs = prover.instance.any([fewer, more]);
    // Most of what changes a level does so for a referral that says little, and that is soon found.
    let mut looked_at_first = vec![vec![differs, prover.instance.says_at_most(LITTLE)]];
    if let Source::Criterion(criterion) = source {
        let reads = prover.rules.criteria()[criterion].reads;
        looked_at_first.insert(0, prover.silent(|fact| !reads.contains(fact)));
        looked_at_first[0].push(differs);
    }
    let is_found = |conditions: &Vec<Literal>| prover.instance.is_never(conditions) == Some(false);
    if looked_at_first.iter().any(is_found) {
        return Some(true);
    }
    prover.instance.is_never(&[differs]).map(|same| !same)
}

/// Whether it is found in some referral above the first level in which nothing else is: the cheap way to see that it
/// changes a level.
fn matters_alone(prover: &mut Prover<'_>, source: Source, found: Literal) -> bool {
    let others = prover.instance.encoded(0).found.clone().into_iter();
    let others = others.filter(|(other, _)| *other != source && !matches!(other, Source::Threshold(_)));
    let none = others.map(|(_, (other, _))| !other);
    let conditions: Vec<Literal> = none.chain([found, prover.instance.at_least(0, 2)]).collect();
    !matches!(source, Source::Threshold(_)) && prover.instance.is_never(&conditions) == Some(false)
}
