//! From typed entries to the dense rule set: names become numbers, answers classes, tests sets of classes, scripts
//! tables. Every name that leads nowhere is told here, with the nearest that would.

mod names;

mod order;

mod compiler;

mod answers;
mod conditions;
mod criteria;
mod framework;
mod guarantees;
mod letters;
mod mappings;
mod tables;
mod thresholds;

use super::draft::Draft;
use super::index::Index;
use super::rule_set::{Because, Domain, NeedSet, RuleSet, RuleSetId, Topic};
use crate::diagnostic::Diagnostic;
use crate::ladder::{Ladder, MAX_RANK};
use compiler::Compiler;
use names::Names;
use order::Order;

pub(crate) use conditions::all_classes;
pub(crate) use conditions::word_of;
pub(super) use mappings::of_rows;

/// Compiles a draft; `None` when a part without which nothing else has a meaning is missing.
pub(super) fn compile(draft: &Draft<'_>, digest: String, problems: &mut Vec<Diagnostic>) -> Option<RuleSet> {
    let ladder = Ladder::new(draft.levels.iter().map(|level| level.value.clone()).collect());
    let Some(ladder) = ladder else {
        let message = format!("levels have ranks 1, 2, 3 and so on in this order, at least 2 and at most {MAX_RANK}");
        let place = draft.framework.entry.key_place(&[], "levels");
        problems.push(Diagnostic::error("levels-out-of-order", message).at(Some(place)));
        return None;
    };
    let names = Names::collect(draft, problems);
    if names.too_many(problems) {
        return None;
    }
    let mut compiler = Compiler {
        draft,
        names,
        highest: ladder.highest(),
        problems,
        indicators: Vec::new(),
        tables: Vec::new(),
        needs_of_domain: [NeedSet::EMPTY; Domain::COUNT],
        reads: Vec::new(),
        order: Order::default(),
        in_gate: false,
    };
    compiler.order = compiler.order_of_evaluation()?;
    compiler.domains_of_needs();
    let scripts = compiler.tabulate();
    compiler.classes(&scripts);
    compiler.tables(&scripts);
    let criteria = compiler.criteria();
    compiler.gates_and_gives();
    let thresholds = compiler.thresholds();
    let head = &draft.thresholds_head;
    let modifiers = compiler.modifiers(&head.value);
    let hardship_never_reaches = head.value.hardship.as_ref().map_or(MAX_RANK + 1, |hardship| {
        compiler.rank(hardship.never_reaches, &head.entry, &["hardship".into(), "never_reaches".into()])
    });
    let hardship_because = head.value.hardship.as_ref().map(|hardship| because(&hardship.reason, &hardship.source));
    let protection = compiler.protection();
    let across_children = compiler.across_children();
    let (actions, considerations) = compiler.actions();
    let framework = compiler.framework()?;
    let letters = compiler.letters();
    let guarantees = compiler.guarantees();
    let topics = draft.topics.iter().map(|topic| &topic.head.value).map(|head| Topic {
        id: head.topic.clone(),
        title: head.title.clone(),
        sensitive: head.sensitive,
    });
    let Compiler { indicators, tables, needs_of_domain, names, problems, .. } = compiler;
    let by_id = names.facts.iter().map(|(id, fact)| ((*id).to_owned(), *fact)).collect();
    let mut rule_set = RuleSet {
        id: RuleSetId {
            framework: draft.framework.value.framework.clone(),
            version: draft.framework.value.version.clone(),
            digest,
            status: draft.framework.value.status,
        },
        framework,
        letters,
        ladder,
        topics: topics.collect(),
        indicators,
        criteria,
        thresholds,
        modifiers,
        hardship_never_reaches,
        hardship_because: hardship_because.unwrap_or_default(),
        protection,
        across_children,
        actions,
        considerations,
        tables,
        by_id,
        mappings: Vec::new(),
        guarantees,
        index: Index::default(),
    };
    rule_set.index = Index::of(draft, &rule_set, needs_of_domain);
    rule_set.mappings = mappings::mappings(draft, &rule_set, problems);
    Some(rule_set)
}

fn because(reason: &str, source: &[String]) -> Because {
    Because { reason: reason.to_owned(), source: source.to_vec() }
}
