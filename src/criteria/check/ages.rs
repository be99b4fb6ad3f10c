//! "Under N" always names the unborn.

use crate::criteria::draft::Draft;
use crate::criteria::entries::{ConditionEntry, TestEntry};
use crate::criteria::yaml::{Entry, Step};
use crate::diagnostic::Diagnostic;

/// "Under N" always names the unborn: an unborn child has no age, and is the youngest of all.
pub(super) fn check_ages(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let child = &draft.framework.value.child;
    let (Some(age), Some(unborn)) = (&child.age_in_months, &child.unborn) else { return };
    for (_, criterion) in draft.criteria() {
        let mut path = vec![Step::Key("when")];
        check_age(&criterion.value.when, age, unborn, &criterion.entry, &mut path, problems);
    }
}

fn check_age<'s>(
    condition: &'s ConditionEntry,
    age: &str,
    unborn: &str,
    entry: &Entry<'_>,
    path: &mut Vec<Step<'s>>,
    problems: &mut Vec<Diagnostic>,
) {
    let looks_below = |condition: &ConditionEntry| {
        matches!(condition, ConditionEntry::Fact(id, TestEntry::Compare(test))
            if id == age && (test.below.is_some() || test.at_most.is_some()))
    };
    let names_unborn = |condition: &ConditionEntry| match condition {
        ConditionEntry::Bare(id) | ConditionEntry::Fact(id, TestEntry::YesNo(true)) => id == unborn,
        _ => false,
    };
    if looks_below(condition) {
        let message = format!("`{age}` below a number leaves out the unborn");
        let help = format!("write `any: [ {unborn}, {{ {age}: {{ below: N }} }} ]`");
        problems.push(Diagnostic::error("age-without-unborn", message).at(Some(entry.place(path))).help(help));
    }
    let (key, parts) = match condition {
        ConditionEntry::All(parts) => ("all", parts.as_slice()),
        ConditionEntry::Any(parts) => ("any", parts.as_slice()),
        _ => return,
    };
    let covered = key == "any" && parts.iter().any(names_unborn);
    path.push(Step::Key(key));
    for (index, part) in parts.iter().enumerate() {
        if !(covered && looks_below(part)) {
            path.push(Step::Item(index));
            check_age(part, age, unborn, entry, path, problems);
            path.pop();
        }
    }
    path.pop();
}
