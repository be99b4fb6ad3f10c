//! The framework's own sense: its dates, its ladder, its sources.

use std::collections::BTreeSet;

use crate::criteria::draft::Draft;
use crate::criteria::entries::{ANONYMOUS_SOURCE, FORMAT, FrameworkEntry, Status, WhoAgrees};
use crate::criteria::rule_set::RuleSet;
use crate::criteria::yaml::{Entry, Step};
use crate::diagnostic::Diagnostic;
use crate::ladder::Within;

pub(super) fn check_framework(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let placed = &draft.framework;
    let value = &placed.value;
    if value.format != FORMAT {
        let message = format!("this program reads format {}, not {}", FORMAT, value.format);
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
    check_who_agrees(draft, problems);
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
        let anonymous = agency.source_codes.iter().position(|code| code == ANONYMOUS_SOURCE);
        if let Some(code) = anonymous.filter(|_| !agency.public) {
            let message = format!("`{}` has the code of anonymous sources, and a professional gives a name", agency.id);
            let place = placed.place(&["agencies".into(), index.into(), "source_codes".into(), code.into()]);
            let problem = Diagnostic::error("anonymous-professional", message).at(place);
            problems.push(problem.help("say `public: true` of members of the public, or take the code out"));
        }
    }
}

/// Whoever is asked when rules change is asked once, and as many can agree as must.
fn check_who_agrees(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
    let placed = &draft.framework;
    let FrameworkEntry { statutory_partners, rule_changes: WhoAgrees { also_ask, enough }, .. } = &placed.value;
    let mut asked: BTreeSet<&String> = statutory_partners.iter().collect();
    for (index, partner) in also_ask.iter().enumerate() {
        if !asked.insert(partner) {
            let message = format!("partner `{partner}` is asked already");
            let place = placed.place(&["rule_changes".into(), "also_ask".into(), index.into()]);
            problems.push(Diagnostic::error("duplicate-id", message).at(place));
        }
    }
    if let Some(enough) = enough.filter(|enough| usize::try_from(*enough).is_ok_and(|enough| enough > asked.len())) {
        let message = format!("{enough} partners can never agree, for {} are asked", asked.len());
        let place = placed.place(&["rule_changes".into(), "enough".into()]);
        problems.push(Diagnostic::error("impossible-range", message).at(place));
    }
}

/// Every word under `source` stands for something, so that a reader can look it up.
pub(super) fn check_sources(draft: &Draft<'_>, problems: &mut Vec<Diagnostic>) {
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
    draft.guarantees.iter().for_each(|guarantee| check(&guarantee.value.source, &guarantee.entry));
    draft.stages.iter().for_each(|stage| check(&stage.value.source, &stage.entry));
}

pub(super) fn check_ladder(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) {
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
        if let (Some(below), Some(above)) = (lower.duties.first(), higher.duties.first())
            && above < below
        {
            let message = format!(
                "level {} stands under {}, which is less than {} of level {}",
                higher.rank,
                above.says(),
                below.says(),
                lower.rank
            );
            problems.push(Diagnostic::error("levels-out-of-order", message).at(placed.place(&["duties".into()])));
        }
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

pub(super) fn is_calendar(within: Within) -> bool {
    matches!(within, Within::Days(_) | Within::Months(_))
}

pub(super) fn calendar_limit(entry: &Entry<'_>, path: &[Step<'_>]) -> Diagnostic {
    let message = "calendar days and months stand only in `timescales`; a deadline is hours or working days";
    Diagnostic::error("wrong-shape", message).at(Some(entry.place(path)))
}
