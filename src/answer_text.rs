//! An answer in sentences that can be read aloud: what a person at a terminal, or on the telephone, needs first.

use std::fmt::Write as _;

use jiff::civil::DateTime;

use crate::facts::Answer;
use crate::json::Fault;
use crate::level::{Evaluation, Question, Reason, ThresholdFinding};
use crate::referral::Indicated;

/// What an evaluation says, as text. Nothing depends on colour or columns.
pub fn as_text(indicated: &Indicated<'_>) -> String {
    match indicated {
        Indicated::Child(evaluation) => one(evaluation),
        Indicated::Children { children } => {
            let parts = children.iter().map(|child| format!("Child {}\n\n{}", child.reference, one(&child.evaluation)));
            parts.collect::<Vec<_>>().join("\n----\n\n")
        }
    }
}

/// What is wrong with a request, as text.
pub fn faults_as_text(faults: &[Fault]) -> String {
    let mut text = String::new();
    for fault in faults {
        let place = if fault.pointer.is_empty() { "the request" } else { &fault.pointer };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "error[{}]: {place}: {}", fault.code, fault.detail);
        if let Some(suggestion) = &fault.suggestion {
            let help =
                if suggestion.contains(' ') { suggestion.clone() } else { format!("did you mean `{suggestion}`?") };
            let _ = writeln!(text, "help: {help}");
        }
    }
    text
}

fn one(evaluation: &Evaluation<'_>) -> String {
    let mut text = String::new();
    headline(evaluation, &mut text);
    list(
        &mut text,
        "Do",
        evaluation.actions.iter().map(|action| {
            let when = match (&action.due, action.within) {
                (Some(due), _) => format!(" By {}.", aloud(due)),
                (None, Some(within)) => format!(" {}.", capital(&within.to_string())),
                (None, None) => String::new(),
            };
            format!("{}{when}", sentence(action.says))
        }),
    );
    list(&mut text, "A manager answers", evaluation.considerations.iter().map(|consider| sentence(consider.says)));
    list(&mut text, "Why", evaluation.reasons.iter().map(reason));
    list(
        &mut text,
        "Counting",
        evaluation.thresholds.iter().filter(|threshold| decides(evaluation, threshold)).map(|threshold| {
            let reached = if threshold.reached { "reached" } else { "not reached" };
            format!("{} {} of {}, {reached}.", sentence(threshold.says), threshold.have, threshold.of)
        }),
    );
    list(
        &mut text,
        "Enough alone, whatever else is true (a minimal reason; another may be as short)",
        evaluation.enough.iter().map(|enough| format!("{}: {}", enough.fact, enough.says)),
    );
    list(
        &mut text,
        "Why not higher",
        evaluation.why_not_higher.iter().map(|why| {
            let stops = why.stopped_by.iter().map(|stop| format!("{} is {}", stop.fact, stop.answer));
            let stops: Vec<String> = stops.collect();
            let because = if stops.is_empty() { "not enough needs are found".to_owned() } else { stops.join(", ") };
            format!("Level {}: {} Stopped: {because}.", why.would_reach, sentence(&why.says))
        }),
    );
    // What is not known is asked next.
    let known = evaluation.would_change.iter().filter(|change| change.now != Answer::Word("not_known".to_owned()));
    list(&mut text, "If what is known were otherwise", known.map(|change| change.says.clone()));
    list(&mut text, "Ask next", evaluation.ask_next.iter().map(question));
    if evaluation.ask_next_total > evaluation.ask_next.len() {
        let _ = writeln!(text, "({} questions in all can change the level.)\n", evaluation.ask_next_total);
    }
    list(
        &mut text,
        "Taken as so until answered",
        evaluation.presumed.iter().map(|presumed| format!("{}: {}.", presumed.fact, presumed.answer)),
    );
    list(
        &mut text,
        "Accounts that differ",
        evaluation.conflicts.iter().map(|conflict| {
            let other = conflict.also_said.as_ref().map(|other| format!("; also said: {other}")).unwrap_or_default();
            format!("{}: {} (used: {}{other}).", conflict.fact, conflict.says, conflict.used)
        }),
    );
    list(&mut text, "Strengths", evaluation.protective.iter().map(|strength| format!("{} Yes.", strength.says)));
    list(
        &mut text,
        "No longer asked",
        evaluation
            .retired
            .iter()
            .map(|retired| format!("{}: {} (accepted until {}).", retired.fact, retired.because, retired.until)),
    );
    list(
        &mut text,
        "Could not be worked out",
        evaluation.faults.iter().map(|fault| format!("{}: {}.", fault.id, fault.says)),
    );
    if evaluation.not_raised > 0 {
        let _ = writeln!(text, "{} questions were not raised.", evaluation.not_raised);
    }
    for say in &evaluation.say {
        let _ = writeln!(text, "{say}");
    }
    let id = &evaluation.rule_set;
    let _ = writeln!(text, "\n{} {} ({}), {}", id.framework, id.version, id.status, id.digest);
    text
}

fn headline(evaluation: &Evaluation<'_>, text: &mut String) {
    let least = &evaluation.at_least;
    if evaluation.settled {
        let _ = writeln!(text, "Level {}: {}. More information would not change this.", least.rank, least.name);
    } else {
        let most = &evaluation.at_most;
        let _ = writeln!(
            text,
            "At least level {}: {}. Could be level {}: {}.",
            least.rank, least.name, most.rank, most.name
        );
        text.push_str("Act on the lower one now; ask what is not known.\n");
    }
    let when = match &evaluation.respond_by {
        Some(by) => format!("by {}", aloud(by)),
        None => evaluation.respond_within.to_string(),
    };
    let priority = capital(&format!("{:?}", evaluation.priority).to_lowercase());
    let _ = writeln!(text, "{priority}. Decide the response {when}. Lead: {}.", least.lead.trim_end_matches('.'));
    text.push('\n');
}

fn reason(reason: &Reason<'_>) -> String {
    format!("{} ({}; {})", sentence(&reason.says), reason.gives, reason.source.join(", "))
}

fn question(question: &Question<'_>) -> String {
    let effect = match question.could_lower_to {
        Some(lower) => format!("with the others taken as so, could lower to level {lower}"),
        None => format!("could reach level {}", question.could_reach),
    };
    let who = if question.would_know.is_empty() {
        String::new()
    } else {
        format!("; would know: {}", question.would_know.join(", ").replace('_', " "))
    };
    format!("{} ({}; {effect}{who})", question.ask, question.fact)
}

fn list(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{title}:");
    for item in items {
        let _ = writeln!(text, "- {item}");
    }
    text.push('\n');
}

/// Whether a threshold makes this level, or would make a higher one; the rest are in the JSON.
fn decides(evaluation: &Evaluation<'_>, threshold: &ThresholdFinding<'_>) -> bool {
    let least = evaluation.at_least.rank;
    if threshold.reached { threshold.reaches == least } else { threshold.reaches > least }
}

/// A time as one would say it.
fn aloud(time: &str) -> String {
    let local = time.get(..19).and_then(|local| local.parse::<DateTime>().ok());
    local.map_or_else(|| time.to_owned(), |local| local.strftime("%-H:%M on %A %-d %B %Y").to_string())
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
