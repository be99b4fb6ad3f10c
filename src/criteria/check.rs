//! What the language forbids, beyond what the shapes already say.
//!
//! `check_entries` looks at what an author wrote; `check_rule_set` at what it came to mean. The shape rule
//! (`shape.rs`) is why bounds are exact: along an order of concern nothing falls, criteria test only the side of
//! concern, and only what was stated may soften a floor.

mod shape;

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Placed};
use super::entries::{ConditionEntry, GivesEntry, IndicatorEntry, Scalar, Status, TestEntry};
use super::rule_set::{Condition, Contribution, RuleSet};
use super::yaml::{Entry, Step};
use crate::diagnostic::Diagnostic;
use crate::facts::FactSet;
use crate::ladder::Within;

/// Checks entries against each other.
pub(super) fn check_entries(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    check_framework(draft, problems);
    check_sources(draft, problems);
    for (_, fact) in draft.indicators() {
        check_indicator(draft, fact, problems);
    }
    for (_, criterion) in draft.criteria() {
        let says = criterion.value.says.as_deref().unwrap_or("").trim();
        if criterion.value.gives.is_some() && says.is_empty() {
            let message =
                format!("criterion `{}` gives something, and has no `says` for the reasons", criterion.value.id);
            problems.push(Diagnostic::error("missing-key", message).at(criterion.place(&["id".into()])));
        }
        let gives = criterion.value.gives.clone().unwrap_or_default();
        if gives.within.is_some_and(is_calendar) {
            problems.push(calendar_limit(&criterion.entry, &["gives".into(), "within".into()]));
        }
    }
    for action in &draft.actions {
        if action.value.within.is_some_and(is_calendar) {
            problems.push(calendar_limit(&action.entry, &["within".into()]));
        }
    }
    check_ages(draft, problems);
}

/// Checks what the entries came to mean.
pub(super) fn check_rule_set(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
    check_ladder(draft, rules, problems);
    shape::check(draft, rules, problems);
    check_unused(draft, rules, problems);
    check_statutory_parts(draft, problems);
    check_phrases(draft, rules, problems);
}

fn check_framework(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let placed = &draft.framework;
    let value = &placed.value;
    if value.format != super::entries::FORMAT {
        let message = format!("this program reads format {}, not {}", super::entries::FORMAT, value.format);
        problems.push(Diagnostic::error("unknown-format", message).at(placed.place(&["format".into()])));
    }
    if let Some(until) = &value.in_force.until
        && *until < value.in_force.from
    {
        let message = "the framework goes out of force before it comes into force";
        let place = placed.place(&["in_force".into(), "until".into()]);
        problems.push(Diagnostic::error("impossible-range", message).at(place));
    }
    if value.status == Status::Agreed && value.statutory_partners.is_empty() {
        let message = "an agreed framework names its statutory partners";
        problems.push(Diagnostic::error("missing-key", message).at(placed.place(&["status".into()])));
    }
    if is_calendar(value.while_unsettled.respond_within) {
        problems.push(calendar_limit(&placed.entry, &["while_unsettled".into(), "respond_within".into()]));
    }
    let mut agencies = BTreeSet::new();
    for (index, agency) in value.agencies.iter().enumerate() {
        if !agencies.insert(&agency.id) {
            let message = format!("agency `{}` is listed twice", agency.id);
            let place = placed.place(&["agencies".into(), index.into(), "id".into()]);
            problems.push(Diagnostic::error("duplicate-id", message).at(place));
        }
    }
}

/// Every word under `source` stands for something, so that a reader can look it up.
fn check_sources(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let known = &draft.framework.value.sources;
    let mut used = BTreeSet::new();
    let mut check = |sources: &[String], entry: &Entry<'_>| {
        for (index, source) in sources.iter().enumerate() {
            used.insert(source.clone());
            if !known.contains_key(source) {
                let message = format!("source `{source}` is not listed under `sources` in framework.yaml");
                let place = entry.place(&["source".into(), index.into()]);
                let problem = Diagnostic::error("unknown-source", message).at(Some(place));
                problems.push(problem.suggest(source, known.keys().map(String::as_str)));
            }
        }
    };
    draft.indicators().for_each(|(_, fact)| check(&fact.value.source, &fact.entry));
    draft.criteria().for_each(|(_, criterion)| check(&criterion.value.source, &criterion.entry));
    draft.thresholds.iter().for_each(|threshold| check(&threshold.value.source, &threshold.entry));
    draft.across_children.iter().for_each(|across| check(&across.value.source, &across.entry));
    draft.actions.iter().for_each(|action| check(&action.value.source, &action.entry));
    draft.timescales.iter().for_each(|timescale| check(&timescale.value.source, &timescale.entry));
    draft.code_lists.iter().for_each(|list| check(&list.value.source, &list.entry));
}

fn check_indicator(draft: &Draft<'_>, fact: &Placed<'_, IndicatorEntry>, problems: &mut Vec<Diagnostic>) {
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
        check_answer_words(entry, answers.keys().map(String::as_str), problems);
    }
    if let Some(gate) = &value.asked_when {
        check_gate(entry, gate, problems);
    }
}

/// Answers that a YAML 1.1 tool would read as true or false, or that are not plain words.
fn check_answer_words<'a>(entry: &Entry<'_>, answers: impl Iterator<Item = &'a str>, problems: &mut Vec<Diagnostic>) {
    for answer in answers {
        let place = || Some(entry.key_place(&["answers".into()], answer));
        if ["yes", "no", "on", "off", "y", "n", "true", "false", "null", "not_known", "refused"].contains(&answer) {
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

fn all_gives(value: &IndicatorEntry) -> Vec<GivesEntry> {
    let answers = value.answers.iter().flat_map(|answers| answers.values());
    let sides = value.if_yes.iter().chain(&value.if_no).chain(answers).cloned();
    sides.chain(value.bands.iter().map(super::entries::BandEntry::gives)).collect()
}

fn moves_level(gives: &GivesEntry) -> bool {
    gives.floor.is_some() || gives.duty.is_some() || gives.counts.is_some() || gives.raises
}

fn is_calendar(within: Within) -> bool {
    matches!(within, Within::Days(_) | Within::Months(_))
}

fn calendar_limit(entry: &Entry<'_>, path: &[Step<'_>]) -> Diagnostic {
    let message = "calendar days and months stand only in `timescales`; a deadline is hours or working days";
    Diagnostic::error("wrong-shape", message).at(Some(entry.place(path)))
}

/// Whether an id contains a protected word, as whole words.
fn contains_words(id: &str, protected: &str) -> bool {
    let id: Vec<&str> = id.split('_').collect();
    let words: Vec<&str> = protected.split('_').collect();
    id.windows(words.len()).any(|window| window == words.as_slice())
}

/// "Under N" always names the unborn: an unborn child has no age, and is the youngest of all.
fn check_ages(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
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

fn check_ladder(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
    let levels = rules.ladder.levels();
    let protection = rules.ladder.protection_from();
    for (level, placed) in levels.iter().zip(&draft.levels) {
        if protection.is_some_and(|from| level.rank > from) && !level.protection {
            let message = "a level above a protection level is a protection level too";
            problems.push(Diagnostic::error("levels-out-of-order", message).at(placed.place(&["rank".into()])));
        }
        if is_calendar(level.respond_within) {
            problems.push(calendar_limit(&placed.entry, &["respond_within".into()]));
        }
    }
    for pair in levels.windows(2).zip(draft.levels.iter().skip(1)) {
        let ([lower, higher], placed) = (pair.0, pair.1) else { continue };
        if higher.priority < lower.priority {
            let message = format!("level {} is less urgent than level {}", higher.rank, lower.rank);
            problems.push(Diagnostic::error("levels-out-of-order", message).at(placed.place(&["priority".into()])));
        }
    }
    let head = &draft.thresholds_head;
    for (threshold, placed) in rules.thresholds.iter().zip(&draft.thresholds) {
        if protection.is_some_and(|from| threshold.reaches >= from) {
            let message = format!("threshold `{}` reaches a protection level by counting", threshold.id);
            let help = "counts never make significant harm; give a floor to what does";
            let problem = Diagnostic::error("counts-reach-protection", message).at(placed.place(&["reaches".into()]));
            problems.push(problem.help(help));
        }
        let domains = threshold.needs.iter().filter_map(|needs| Some((needs.domains?, needs.at_least)));
        for (domains, at_least) in domains {
            if domains > at_least {
                let message = format!("{at_least} needs cannot stand in {domains} domains");
                problems.push(Diagnostic::error("impossible-range", message).at(placed.place(&["needs".into()])));
            }
        }
    }
    if let Some(modifiers) = &head.value.modifiers {
        for (index, from) in modifiers.from.iter().enumerate() {
            let path = ["modifiers".into(), "from".into(), index.into()];
            if protection.is_some_and(|protection| from + 1 >= protection) {
                let message = format!("a step up from {from} would make a protection level by a modifier");
                let help = "write `instead: [ { at: N, consider: [ ... ] } ]`";
                problems
                    .push(Diagnostic::error("modifier-reaches-protection", message).at(head.place(&path)).help(help));
            }
            if from + 1 > rules.ladder.highest() {
                let message = format!("there is no level above {from} to step up to");
                problems.push(Diagnostic::error("unknown-level", message).at(head.place(&path)));
            }
        }
    }
    for (index, part) in rules.protection.iter().enumerate() {
        let path = ["protection".into(), index.into(), "fact".into()];
        if !rules.index.protective.contains(part.fact) {
            let message = format!("`{}` is not a protective fact", rules.indicators[part.fact].id);
            let problem = Diagnostic::error("wrong-test", message).at(head.place(&path));
            problems.push(problem.help("mark it `protects: true`"));
        }
    }
}

/// Facts, actions and named conditions that nothing uses: not wrong, but somebody meant something by them.
fn check_unused(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
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
fn check_statutory_parts(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    const PARTS: [(&str, &[&str]); 8] = [
        ("early help", &["early help", "family help"]),
        ("children in need (s17)", &["s17", "section 17"]),
        ("protection (s47)", &["s47", "section 47"]),
        ("care proceedings (s31)", &["s31", "section 31"]),
        ("accommodation (s20)", &["s20", "section 20"]),
        ("exploitation", &["exploit"]),
        ("children in the secure estate", &["secure estate", "secure care", "custody"]),
        ("disabled children", &["disab"]),
    ];
    let mut text = String::new();
    let mut add = |words: &str| {
        text.push_str(&words.to_lowercase());
        text.push('\n');
    };
    for (_, fact) in draft.indicators() {
        add(&fact.value.ask);
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
    for (part, words) in PARTS {
        if !words.iter().any(|word| text.contains(word)) {
            let message = format!("no rule mentions {part}, which a threshold document must cover");
            problems.push(Diagnostic::warning("statutory-part-missing", message));
        }
    }
}

/// One phrase that leads to two levels reads as a contradiction to the people who work with it.
fn check_phrases(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
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
