//! Facts and their answers: what must not matter, what should, and what a birthday changes.

use super::order::moved;
use super::{Check, Finding, Prover};
use crate::criteria::{AnswerClass, Condition, Domain, Gives, Indicator, Kind, RuleSet, word_of};
use crate::diagnostic::Diagnostic;
use crate::facts::{Answers, FactIndex, Said};
use crate::level::findings;
use crate::proof::instance::Verdict;
use crate::proof::{Disagreement, Literal};

/// The level depends on no fact that is there for monitoring, context or agreement.
///
/// By shape where the encoding does not mention the fact; the solver is asked the rest.
pub(super) fn never_matters(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("never-matters", "context, and answers without an order of concern, never move a level");
    let rests_on = prover.instance.rests_on(&prover.instance.encoded(0).level.clone());
    for place in 0..prover.instance.questions().len() {
        let question = &prover.instance.questions()[place];
        let (id, silence, sayings) = (question.id.clone(), question.silence, question.sayings.len());
        let Some(fact) = prover.rules.fact(&id) else { continue };
        if !prover.rules.indicators()[fact].context && prover.rules.is_ordered(fact) {
            continue;
        }
        if question.is_idle(&rests_on) {
            check.proved += 1;
            continue;
        }
        for saying in (0..sayings).filter(|saying| *saying != silence) {
            for pair in [(silence, saying), (saying, silence)] {
                let Some((conditions, _)) = moved(prover, place, pair) else { continue };
                prover.never(&mut check, &id, &conditions, |prover, told| {
                    let message = format!("what is said about `{id}` moves a level, and it must not");
                    Finding::new(id.clone(), message).at(prover.places.id(&id)).with(told)
                })?;
            }
        }
    }
    Ok(check)
}

/// No single step in an age changes the level by two or more; those that change it by one are listed.
pub(super) fn cliffs(prover: &mut Prover<'_>) -> Result<Check, Disagreement> {
    let mut check = Check::new("cliff", "one step in an age never changes the level by two or more");
    let child = prover.rules.framework().child.clone();
    for id in [child.age_in_months, child.gestation_in_weeks].into_iter().flatten() {
        let Some(place) = prover.instance.questions().iter().position(|question| question.id == id) else { continue };
        let question = &prover.instance.questions()[place];
        let steps = question.answers();
        let Some(indicator) = prover.rules.fact(&id).map(|fact| &prover.rules.indicators()[fact]) else { continue };
        for pair in steps.windows(2) {
            let classes =
                [pair[0], pair[1]].map(|said| prover.instance.questions()[place].sayings[said].taken[0].class);
            let [less, more] = classes.map(|class| indicator.in_words(class, class));
            let of = format!("{id}: {}", word_of(&indicator.classes[usize::from(classes[1])].answer));
            let higher = prover.instance.encoded_with(0, place, pair[1]).level;
            let lower = prover.instance.encoded_with(0, place, pair[0]).level;
            let is_said = prover.instance.is_among(place, |saying| saying == pair[1]);
            // Two steps apart: at a level or above with the one, and not even at the one below with the other.
            let far: Vec<Literal> =
                (1..higher.len()).map(|rank| prover.instance.all([higher[rank], !lower[rank - 1]])).collect();
            let far = prover.instance.any(far);
            let found = check.findings.len();
            prover.never(&mut check, &of, &[far, is_said], |prover, told| {
                let message = format!("between `{id}` {more} and {less} a level falls by two or more");
                Finding::new(of.clone(), message).at(prover.places.id(&id)).with(told)
            })?;
            let falls = prover.is_above(&higher, &lower);
            if check.findings.len() == found
                && let Verdict::Refuted(referral) = prover.instance.never(&[falls, is_said])?
            {
                let vignette = prover.told(&referral).vignette();
                check.listed.push(format!("with `{id}` {less} the level would be one lower: {vignette}"));
            }
        }
    }
    Ok(check)
}

/// The greatest answer of every sign, said alone, is found by some rule.
pub(super) fn silent_answers(prover: &mut Prover<'_>) -> Check {
    let mut check = Check::new("silent-answer", "every sign at its greatest concern is found by some rule, alone");
    let rules = prover.rules;
    for (fact, indicator) in rules.indicators().iter().enumerate() {
        let circumstance = rules.index.circumstances.contains(fact);
        let rests = rules.is_presumed(fact) || rules.is_protective(fact) || rules.index.told.contains(fact);
        if circumstance || rests || indicator.context || indicator.retired.is_some() || !rules.is_ordered(fact) {
            continue;
        }
        let Some(greatest) = indicator.classes.last() else { continue };
        let said = vec![(indicator.id.clone(), Said::Answer(greatest.answer.clone()))];
        let facts = rules.read_for_replay(&Answers { said, ..Answers::default() });
        let gives =
            |id: &str| rules.criteria().iter().all(|criterion| criterion.id != id || !criterion.gives.is_nothing());
        if findings(rules, &facts).0.iter().any(|found| found.found && gives(&found.id)) {
            check.proved += 1;
        } else {
            let answer = word_of(&greatest.answer);
            let message = format!("`{}` answered `{answer}` alone is found by no rule", indicator.id);
            let place = prover.places.id(&indicator.id);
            let help = "give the answer something, if only a consideration, or accept that it says nothing alone";
            check.findings.push(Finding::new(format!("{}: {answer}", indicator.id), message).at(place).help(help));
        }
    }
    check
}

/// Every two neighbouring answers of a choice are told apart by some rule.
pub(super) fn same_answers(prover: &mut Prover<'_>) -> Check {
    let mut check =
        Check::new("same-answers", "every two neighbouring answers of a choice are told apart by some rule");
    let rules = prover.rules;
    for (fact, indicator) in rules.indicators().iter().enumerate() {
        let Indicator { id, kind: Kind::Choice, classes, .. } = indicator else { continue };
        if !rules.is_ordered(fact) || indicator.retired.is_some() {
            continue;
        }
        for (less, pair) in classes.windows(2).enumerate() {
            if !is_same(&pair[0], &pair[1]) || looked_at(rules, fact, less) {
                check.proved += 1;
                continue;
            }
            let [a, b] = [&pair[0], &pair[1]].map(|class| word_of(&class.answer));
            let message = format!("no rule tells `{b}` from `{a}` as answers to `{id}`");
            let place = u8::try_from(less + 1).ok().and_then(|class| prover.places.answer(indicator, class));
            let help = "give the graver answer more, or make them one answer";
            check.findings.push(Finding::new(format!("{id}: {b}"), message).at(place).help(help));
        }
    }
    check
}

fn is_same(one: &AnswerClass, other: &AnswerClass) -> bool {
    let Gives { contribution, raises, considerations, actions, within, softens, says: _ } = &one.gives;
    let gives = &other.gives;
    *contribution == gives.contribution
        && *raises == gives.raises
        && *considerations == gives.considerations
        && *actions == gives.actions
        && *within == gives.within
        && softens.as_ref().map(|softens| softens.then) == gives.softens.as_ref().map(|softens| softens.then)
        && one.opens == other.opens
        && one.retired.is_some() == other.retired.is_some()
}

/// Whether some condition passes one of two neighbouring answers and not the other.
fn looked_at(rules: &RuleSet, fact: FactIndex, less: usize) -> bool {
    let gates = rules.indicators().iter().filter_map(|indicator| indicator.asked_when.as_ref());
    let when = rules.criteria().iter().map(|criterion| &criterion.when);
    rules.lowering().chain(gates).chain(when).any(|condition| separates(rules, condition, fact, less))
}

fn separates(rules: &RuleSet, condition: &Condition, fact: FactIndex, less: usize) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| separates(rules, part, fact, less)),
        Condition::Test { fact: of, classes } | Condition::Stated { fact: of, classes } => {
            *of == fact && (classes >> less & 1) != (classes >> (less + 1) & 1)
        }
        Condition::Table(table) => {
            let table = &rules.tables()[*table];
            let read = table.reads.iter().zip(&table.strides).find(|(read, _)| **read == fact);
            let size = rules.indicators()[fact].classes.len();
            read.is_some_and(|(_, stride)| {
                let mut rows = (0..table.rows.len()).filter(|row| row / stride % size == less);
                rows.any(|row| table.rows[row] != table.rows[row + stride])
            })
        }
        Condition::Holds(_) | Condition::Need(_) => false,
    }
}

/// How high each part of a child's life alone can reach: where that is the whole ladder, the form must ask about it.
pub(super) fn reach(prover: &mut Prover<'_>) -> Check {
    let mut check = Check::new("reach", "each part of the child's life can move the level");
    let rules = prover.rules;
    let domains = [
        (Domain::Child, "the child's development"),
        (Domain::Parenting, "parenting"),
        (Domain::Environment, "family and environment"),
        (Domain::Harm, "harm"),
    ];
    for (domain, words) in domains {
        let silent = prover.silent(|fact| rules.indicators()[fact].domain != Some(domain));
        let highest = rules.ladder().highest();
        let mut reached = 1;
        let mut known = true;
        for rank in 2..=highest {
            let conditions: Vec<Literal> = silent.iter().copied().chain([prover.instance.at_least(0, rank)]).collect();
            match prover.instance.is_never(&conditions) {
                Some(true) => break,
                Some(false) => reached = rank,
                None => known = false,
            }
        }
        if known {
            check.proved += 1;
            let all = if reached == highest { ", the whole ladder: the form must ask about it" } else { "" };
            check.listed.push(format!("{words}, with nothing said of the rest, reaches level {reached}{all}"));
        } else {
            check.not_decided.push(words.to_owned());
        }
    }
    check
}

/// What loading found of the same kind.
pub(super) fn from_loading(code: &'static str, says: &'static str, problems: &[Diagnostic]) -> Check {
    let mut check = Check::new(code, says);
    let codes: &[&str] = match code {
        "unread" => &["unused-fact", "unused-criterion", "unused-script", "script-idle-read"],
        _ => &["statutory-part-missing"],
    };
    for problem in problems.iter().filter(|problem| codes.contains(&problem.code)) {
        let finding = Finding::new(problem.code, problem.message.clone()).at(problem.place.clone());
        check.findings.push(Finding { help: problem.help.clone(), ..finding });
    }
    check.proved = usize::from(check.findings.is_empty());
    check
}
