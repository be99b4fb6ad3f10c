//! The order of concern: more of it never lowers a level, and where an answer may.

use super::{Check, Finding, Prover};
use crate::facts::Answers;
use crate::level::bounds;
use crate::proof::instance::{Referral, Verdict};
use crate::proof::{Disagreement, Literal};

/// Along each fact's order of concern the level never falls, whatever else is said.
///
/// First by shape: an encoding in which no answer stands negated can only rise with it. The solver is asked the rest.
pub(super) fn more_concern_never_lowers(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("more-concern", "more concern about one fact never lowers the level");
    let rests_on = prover.instance.rests_on(&prover.instance.encoded(0).level.clone());
    let mut by_shape = 0;
    for place in 0..prover.instance.questions().len() {
        let question = &prover.instance.questions()[place];
        let id = question.id.clone();
        if !prover.rules.fact(&id).is_some_and(|fact| prover.rules.is_ordered(fact)) {
            continue;
        }
        if question.only_raises(&rests_on) {
            check.proved += 1;
            by_shape += 1;
            continue;
        }
        for pair in prover.instance.questions()[place].answers().windows(2) {
            lowered(prover, &mut check, place, (pair[0], pair[1]))?;
        }
    }
    check.listed.push(format!("{by_shape} of them by the shape of the rules alone, the rest by the solver"));
    Ok(check)
}

/// Adds whether saying one thing of a question instead of another lowers the level.
fn lowered(
    prover: &mut Prover<'_>,
    check: &mut Check,
    place: usize,
    (before, after): (usize, usize),
) -> Result<(), Disagreement> {
    let id = prover.instance.questions()[place].id.clone();
    let Some((conditions, changed)) = moved(prover, place, (before, after)) else { return Ok(()) };
    let rules = prover.rules;
    match prover.instance.never(&conditions)? {
        Verdict::Proved => check.proved += 1,
        Verdict::NotDecided => check.not_decided.push(id),
        Verdict::Refuted(referral) => {
            let to = changed(&referral);
            let (from_level, to_level) = (referral.level(rules), to.level(rules));
            if to_level >= from_level {
                let said = prover.told(&to).vignette();
                return Err(Disagreement { proved: from_level.saturating_sub(1), evaluated: to_level, referral: said });
            }
            let message = format!("more concern about `{id}` lowers the level, from {from_level} to {to_level}");
            let told = prover.told(&referral);
            let help = format!("and then {}", prover.told(&to).vignette());
            let finding = Finding::new(id.clone(), message).at(prover.places.id(&id)).with(told).help(help);
            check.findings.push(finding);
        }
    }
    Ok(())
}

/// What makes the level higher with one saying of a question than with another, and how a referral is changed from the
/// first to the second.
type Moved = (Vec<Literal>, Box<dyn Fn(&Referral) -> Referral>);

pub(super) fn moved(prover: &mut Prover<'_>, place: usize, (before, after): (usize, usize)) -> Option<Moved> {
    let higher = prover.instance.encoded_with(0, place, before).level;
    let lower = prover.instance.encoded_with(0, place, after).level;
    let falls = prover.is_above(&higher, &lower);
    let is_said = prover.instance.is_among(place, |saying| saying == before);
    let question = &prover.instance.questions()[place];
    let (id, answer) = (question.id.clone(), question.sayings[after].answer.clone());
    let order: Vec<String> = prover.instance.questions().iter().map(|question| question.id.clone()).collect();
    let changed = move |referral: &Referral| referral.answered(&id, answer.clone(), &order);
    Some((vec![falls, is_said], Box::new(changed)))
}

/// Every fact of which an answer may lower the level that silence has: what is presumed, and what softens or lets
/// lapse. No fault, and what a board agrees to by agreeing the rules.
pub(super) fn answers_that_lower(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("answers-that-lower", "an answer lowers the level of silence only where it is listed");
    let rests_on = prover.instance.rests_on(&prover.instance.encoded(0).level.clone());
    for place in 0..prover.instance.questions().len() {
        let question = &prover.instance.questions()[place];
        let id = question.id.clone();
        if question.is_idle(&rests_on) {
            check.proved += 1;
            continue;
        }
        let silence = question.silence;
        // Those of more concern than silence cannot, where the shape says that more only raises.
        let more = if question.only_raises(&rests_on) { silence..silence } else { silence + 1..question.sayings.len() };
        let mut lowers = None;
        for saying in (0..silence).rev().chain(more) {
            let Some((conditions, changed)) = moved(prover, place, (silence, saying)) else { continue };
            match prover.instance.never(&conditions)? {
                Verdict::Proved => {}
                Verdict::NotDecided => check.not_decided.push(id.clone()),
                Verdict::Refuted(referral) => {
                    let to = changed(&referral);
                    lowers = Some((referral, to));
                    break;
                }
            }
        }
        check.proved += 1;
        if let Some((from, to)) = lowers {
            let level = |answers: &Answers| bounds(prover.rules, &prover.rules.read_for_replay(answers)).at_least();
            let before = level(&from.answers());
            check.listed.push(format!("`{id}` may lower level {before}: {}", prover.told(&to).vignette()));
        }
    }
    Ok(check)
}
