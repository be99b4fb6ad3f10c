//! What a question may ask, and what its answers may give.

use super::framework::{calendar_limit, is_calendar};
use crate::criteria::draft::{Draft, Placed};
use crate::criteria::entries::{BandEntry, ConditionEntry, GivesEntry, IndicatorEntry, Scalar};
use crate::criteria::yaml::Entry;
use crate::diagnostic::Diagnostic;

pub(super) fn check_indicator(draft: &Draft<'_>, fact: &Placed<'_, IndicatorEntry>, problems: &mut Vec<Diagnostic>) {
    let (value, entry) = (&fact.value, &fact.entry);
    let id = &value.id;
    let mut tell = |code, key: &str, message: String, help: &str| {
        let problem = Diagnostic::error(code, message).at(Some(entry.key_place(&[], key)));
        problems.push(if help.is_empty() { problem } else { problem.help(help) });
    };
    if let Some(word) = draft.framework.value.never_facts.iter().find(|word| contains_words(id, word)) {
        let message = format!("`{id}` asks for `{word}`, which must never move a level");
        tell("protected-characteristic", "id", message, "keep it for monitoring fairness, outside the rules");
    }
    if ["all", "any", "not", "need", "stated", "script"].contains(&id.as_str()) {
        tell("reserved-word", "id", format!("`{id}` is a word of the rule language"), "choose another id");
    }
    for (index, agency) in value.would_know.iter().enumerate() {
        let known = &draft.framework.value.agencies;
        if !known.iter().any(|kind| kind.id == *agency) {
            let message = format!("`{agency}` is not listed under `agencies` in framework.yaml");
            let place = entry.place(&["would_know".into(), index.into()]);
            let problem = Diagnostic::error("unknown-agency", message).at(Some(place));
            problems.push(problem.suggest(agency, known.iter().map(|kind| kind.id.as_str())));
        }
    }
    let mut tell = |code, key: &str, message: String, help: &str| {
        let problem = Diagnostic::error(code, message).at(Some(entry.key_place(&[], key)));
        problems.push(if help.is_empty() { problem } else { problem.help(help) });
    };
    let yes_no = value.answers.is_none() && value.number.is_none();
    let gives: Vec<GivesEntry> = all_gives(value);
    let moves = gives.iter().any(moves_level);
    let anything =
        gives.iter().any(|gives| *gives != GivesEntry { label: gives.label.clone(), ..GivesEntry::default() });
    if moves {
        for (is, key, what) in [
            (value.context, "context", "context"),
            (value.circumstance, "circumstance", "a circumstance"),
            (!value.ordered, "ordered", "a choice without order"),
            (value.protects, "protects", "a protective fact"),
        ] {
            if is {
                let message = format!("`{id}` is {what}, and may not carry floor, duty, counts or raises");
                tell("may-not-move-a-level", key, message, "give actions, or say in a criterion what it means");
            }
        }
    }
    if value.protects && !yes_no {
        tell("wrong-shape", "protects", format!("`{id}` protects, so it is answered yes or no"), "");
    }
    if !value.ordered && value.answers.is_none() {
        tell("wrong-shape", "ordered", format!("`{id}` has no list of answers to be without order"), "");
    }
    if !value.ordered && gives.iter().any(|gives| !gives.opens.is_empty()) {
        let message = format!("`{id}` has no order of concern, so its answers may not open topics");
        tell("may-not-open", "ordered", message, "");
    }
    if value.retired.is_some() && (anything || value.core) {
        let message = format!("`{id}` is retired, so it gives nothing and is not core");
        tell("retired-gives", "retired", message, "it is accepted and recorded until the day it names");
    }
    if value.protects && (value.core || value.presume.is_some() || value.counts_with.is_some()) {
        tell(
            "wrong-shape",
            "protects",
            format!("`{id}` is presumed absent, and neither core nor presumed nor counted"),
            "",
        );
    }
    if let Some(presume) = &value.presume {
        let greatest = match (&value.answers, value.number) {
            (Some(answers), _) => answers.keys().last().map(|last| Scalar::Word(last.clone())),
            (None, Some(_)) => None,
            (None, None) => Some(Scalar::Bool(value.if_no.is_none() || value.if_yes.is_some())),
        };
        if greatest.as_ref() != Some(presume) || !value.ordered {
            let message = format!("`{id}` is presumed to be `{presume}`, which is not its answer of greatest concern");
            let help = match greatest {
                Some(greatest) => format!("a presumption stands on the side of concern: write `presume: {greatest}`"),
                None => "only a choice or a yes/no fact can be presumed".to_owned(),
            };
            tell("presumption-lowers", "presume", message, &help);
        }
    }
    if gives.iter().any(|gives| gives.within.is_some_and(is_calendar)) {
        problems.push(calendar_limit(entry, &[]));
    }
    if let Some(answers) = &value.answers {
        check_answer_words(entry, value.ordered, answers.keys().map(String::as_str), problems);
    }
    if let Some(gate) = &value.asked_when {
        check_gate(entry, gate, problems);
    }
}

/// Answers that a YAML 1.1 tool would read as true or false, or that are not plain words.
///
/// `refused` may be an answer only where answers have no order: to a question about agreement it is an answer, to any
/// other it says that nobody would answer.
fn check_answer_words<'a>(
    entry: &Entry<'_>,
    ordered: bool,
    answers: impl Iterator<Item = &'a str>,
    problems: &mut Vec<Diagnostic>,
) {
    for answer in answers {
        let place = || Some(entry.key_place(&["answers".into()], answer));
        let ambiguous = ["yes", "no", "on", "off", "y", "n", "true", "false", "null", "not_known"].contains(&answer);
        if ambiguous || (ordered && answer == "refused") {
            let message = format!("`{answer}` cannot be an answer: tools read it as something else");
            let help = "use a word that says what is so, such as `none` or `found`";
            problems.push(Diagnostic::error("ambiguous-answer", message).at(place()).help(help));
        } else if answer.is_empty()
            || !answer.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            let message = format!("the answer `{answer}` is not words in lower case joined by underscores");
            problems.push(Diagnostic::error("wrong-shape", message).at(place()));
        }
    }
}

/// A gate decides whether a question is asked, from answers alone.
fn check_gate(entry: &Entry<'_>, gate: &ConditionEntry, problems: &mut Vec<Diagnostic>) {
    match gate {
        ConditionEntry::All(parts) | ConditionEntry::Any(parts) => {
            parts.iter().for_each(|part| check_gate(entry, part, problems));
        }
        ConditionEntry::Not(part) => check_gate(entry, part, problems),
        ConditionEntry::Need(_) | ConditionEntry::Stated(_) | ConditionEntry::Script(_) => {
            let message = "a gate looks only at answers; `need`, `stated` and `script` may not stand in `asked_when`";
            let place = entry.key_place(&[], "asked_when");
            problems.push(Diagnostic::error("misplaced-in-gate", message).at(Some(place)));
        }
        ConditionEntry::Bare(_) | ConditionEntry::Fact(..) => {}
    }
}

pub(super) fn all_gives(value: &IndicatorEntry) -> Vec<GivesEntry> {
    let answers = value.answers.iter().flat_map(|answers| answers.values());
    let sides = value.if_yes.iter().chain(&value.if_no).chain(answers).cloned();
    sides.chain(value.bands.iter().map(BandEntry::gives)).collect()
}

fn moves_level(gives: &GivesEntry) -> bool {
    gives.floor.is_some() || gives.duty.is_some() || gives.counts.is_some() || gives.raises
}

/// Whether an id contains a protected word, as whole words.
fn contains_words(id: &str, protected: &str) -> bool {
    let id: Vec<&str> = id.split('_').collect();
    let words: Vec<&str> = protected.split('_').collect();
    id.windows(words.len()).any(|window| window == words.as_slice())
}
