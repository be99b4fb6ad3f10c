//! Warnings for the board: what nothing uses, what no rule mentions, one phrase at two levels.

use std::collections::BTreeMap;

use super::indicators::all_gives;
use crate::criteria::condition::Condition;
use crate::criteria::draft::Draft;
use crate::criteria::entries::ConditionEntry;
use crate::criteria::rule_set::{Contribution, RuleSet};
use crate::criteria::statutory::STATUTORY_PARTS;
use crate::diagnostic::Diagnostic;
use crate::facts::FactSet;

/// Facts, actions and named conditions that nothing uses: not wrong, but somebody meant something by them.
pub(super) fn check_unused(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
    let mut read = FactSet::EMPTY;
    rules.criteria.iter().for_each(|criterion| read = read.or(&criterion.reads));
    for (fact, indicator) in rules.indicators.iter().enumerate() {
        let gives = indicator.classes.iter().any(|class| !class.gives.is_nothing());
        indicator.classes.iter().filter_map(|class| class.gives.softens.as_ref()).for_each(|softens| {
            read = read.or(&softens.rests_on);
        });
        let said_for_others =
            indicator.context || rules.index.circumstances.contains(fact) || rules.index.protective.contains(fact);
        if gives || indicator.retired.is_some() || said_for_others {
            read.insert(fact);
        }
    }
    for threshold in &rules.thresholds {
        collect_reads(threshold.unless.as_ref(), &mut read);
    }
    for indicator in &rules.indicators {
        collect_reads(indicator.asked_when.as_ref(), &mut read);
    }
    for (fact, (_, placed)) in draft.indicators().enumerate() {
        if !read.contains(fact) {
            let message = format!("no rule looks at `{}`, whatever the answer", placed.value.id);
            let help = "give an answer something, read it in a criterion, or mark it `context: true`";
            problems.push(Diagnostic::warning("unused-fact", message).at(placed.place(&["id".into()])).help(help));
        }
    }
    let mut named = Vec::new();
    for (_, criterion) in draft.criteria() {
        names(&criterion.value.when, &mut named);
    }
    for (_, fact) in draft.indicators() {
        all_gives(&fact.value)
            .iter()
            .filter_map(|gives| gives.unless.as_ref())
            .for_each(|unless| names(unless, &mut named));
        fact.value.asked_when.iter().for_each(|gate| names(gate, &mut named));
    }
    draft
        .thresholds
        .iter()
        .filter_map(|threshold| threshold.value.unless.as_ref())
        .for_each(|unless| names(unless, &mut named));
    for (_, criterion) in draft.criteria() {
        if criterion.value.gives.is_none() && !named.contains(&criterion.value.id) {
            let message = format!("named condition `{}` is used by nothing", criterion.value.id);
            problems.push(Diagnostic::warning("unused-criterion", message).at(criterion.place(&["id".into()])));
        }
    }
}

fn names(condition: &ConditionEntry, found: &mut Vec<String>) {
    match condition {
        ConditionEntry::All(parts) | ConditionEntry::Any(parts) => parts.iter().for_each(|part| names(part, found)),
        ConditionEntry::Not(part) | ConditionEntry::Stated(part) => names(part, found),
        ConditionEntry::Bare(id) => found.push(id.clone()),
        ConditionEntry::Fact(..) | ConditionEntry::Need(_) | ConditionEntry::Script(_) => {}
    }
}

fn collect_reads(condition: Option<&Condition>, read: &mut FactSet) {
    match condition {
        None | Some(Condition::Holds(_) | Condition::Need(_) | Condition::Table(_)) => {}
        Some(Condition::All(parts) | Condition::Any(parts)) => {
            parts.iter().for_each(|part| collect_reads(Some(part), read));
        }
        Some(Condition::Test { fact, .. } | Condition::Stated { fact, .. }) => read.insert(*fact),
    }
}

/// The parts that statutory guidance says a threshold document must cover.
pub(super) fn check_statutory_parts(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let mut text = String::new();
    let mut add = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    for (_, fact) in draft.indicators() {
        add(&fact.value.ask);
        fact.value.say.iter().for_each(|say| add(say));
        fact.value.hint.iter().for_each(|hint| add(hint));
    }
    draft.criteria().for_each(|(_, criterion)| criterion.value.says.iter().for_each(|says| add(says)));
    draft.actions.iter().for_each(|action| add(&action.value.says));
    draft.considerations.iter().for_each(|consideration| add(&consideration.value.says));
    for level in &draft.levels {
        let level = &level.value;
        [Some(&level.means), level.legal_basis.as_ref(), Some(&level.assessment)]
            .into_iter()
            .flatten()
            .for_each(|part| add(part));
        level.next_steps.iter().for_each(|step| add(step));
    }
    for part in STATUTORY_PARTS {
        if !part.is_in(&text) {
            let message = format!("no rule mentions {}, which a threshold document must cover", part.name);
            problems.push(Diagnostic::warning("statutory-part-missing", message));
        }
    }
}

/// One phrase that leads to two levels reads as a contradiction to the people who work with it.
pub(super) fn check_phrases(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (u8, String)> = BTreeMap::new();
    for (_, placed) in draft.criteria() {
        let Some(criterion) = rules.criteria.iter().find(|criterion| criterion.id == placed.value.id) else { continue };
        let (Some(says), Contribution::Floor(rank) | Contribution::Duty(rank) | Contribution::Counts { rank, .. }) =
            (&criterion.says, criterion.gives.contribution)
        else {
            continue;
        };
        match seen.get(&says.to_lowercase()) {
            Some((other, id)) if *other != rank => {
                let message =
                    format!("`{}` and `{id}` say the same and lead to levels {rank} and {other}", criterion.id);
                problems.push(Diagnostic::warning("one-phrase-two-levels", message).at(placed.place(&["says".into()])));
            }
            _ => {
                seen.insert(says.to_lowercase(), (rank, criterion.id.clone()));
            }
        }
    }
}
