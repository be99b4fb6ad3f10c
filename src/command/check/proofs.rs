//! What was proved, in words: one line a check, then what is accepted, and what a board should know.

use std::fmt::Write as _;

use crate::proof::{Check, Proofs};

/// The proofs as text; the findings stand among the problems, each at its place.
pub(super) fn in_words(proofs: &Proofs) -> String {
    let mut text = String::from("For every possible referral:\n");
    // Writing to a string cannot fail.
    for check in &proofs.checks {
        let _ = writeln!(text, "  {}", line(check));
    }
    if let Some(certified) = proofs.certified {
        let (steps, proofs) = (certified.steps, certified.proofs);
        let _ = writeln!(text, "Followed a second time: {proofs} proofs of the solver, in {steps} steps.");
    }
    let accepted = proofs.checks.iter().flat_map(|check| &check.accepted);
    let accepted: Vec<String> = accepted
        .map(|accepted| format!("  {}\n    because: {}\n", accepted.finding.message, accepted.because))
        .collect();
    if !accepted.is_empty() {
        let _ = write!(text, "\nFound, and accepted in guarantees.yaml:\n{}", accepted.concat());
    }
    for (code, heading) in [
        ("level-reached", "The smallest referral at each level"),
        ("answers-that-lower", "Where an answer lowers a level that silence has"),
        ("cliff", "What one step in an age changes"),
        ("reach", "How far each part of a child's life goes alone"),
    ] {
        let listed = proofs.checks.iter().filter(|check| check.code == code).flat_map(|check| &check.listed);
        let listed: Vec<String> = listed.map(|line| format!("  {line}\n")).collect();
        if !listed.is_empty() {
            let _ = write!(text, "\n{heading}:\n{}", listed.concat());
        }
    }
    text.push('\n');
    text
}

fn line(check: &Check) -> String {
    let verdict = match (check.findings.len(), check.not_decided.len()) {
        (0, 0) => format!("proved {}", check.proved),
        (0, open) => format!("NOT DECIDED {open}"),
        (found, 0) => format!("REFUTED {found}"),
        (found, open) => format!("REFUTED {found}, NOT DECIDED {open}"),
    };
    let accepted = match check.accepted.len() {
        0 => String::new(),
        accepted => format!(" (but for {accepted} accepted)"),
    };
    format!("{verdict:>14}  {}{accepted}", check.says)
}
