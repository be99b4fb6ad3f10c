//! Thresholds, modifiers, protection, and what one child's findings ask for the others.

use super::because;
use super::compiler::Compiler;
use crate::criteria::draft::Placed;
use crate::criteria::entries::ThresholdsEntry;
use crate::criteria::rule_set::{AcrossChildren, Domain, Modifiers, NeedSet, Needs, Protection, Threshold};
use crate::criteria::yaml::Step;
use crate::diagnostic::Diagnostic;

impl<'d> Compiler<'d, '_> {
    pub(super) fn thresholds(&mut self) -> Vec<Threshold> {
        let draft = self.draft;
        let groups = self.groups(&draft.thresholds_head);
        let mut thresholds = Vec::new();
        for placed in &draft.thresholds {
            let (value, entry) = (&placed.value, &placed.entry);
            let reaches = self.rank(value.reaches, entry, &["reaches".into()]);
            let mut needs = Vec::new();
            for (index, part) in value.needs.iter().enumerate() {
                let path = |key| [Step::Key("needs"), Step::Item(index), Step::Key(key)];
                if let Some(count) = part.groups.filter(|count| usize::from(*count) > groups.len()) {
                    let message = format!("{count} groups are asked for, and `groups` names {}", groups.len());
                    self.tell(Diagnostic::error("impossible-range", message).at(Some(entry.place(&path("groups")))));
                }
                needs.push(Needs {
                    at: self.rank(part.at, entry, &path("at")),
                    at_least: usize::from(part.at_least),
                    domains: part.domains.map(usize::from),
                    groups: part.groups.map(|count| (usize::from(count), groups.clone())),
                });
            }
            thresholds.push(Threshold {
                id: value.id.clone(),
                says: value.says.clone(),
                reaches,
                needs,
                unless: value.unless.as_ref().map(|unless| self.condition(unless, entry, &["unless".into()])),
                considerations: self.list(&value.consider, entry, &["consider".into()], Self::consideration),
                reason: value.reason.clone(),
                source: value.source.clone(),
            });
        }
        thresholds
    }

    pub(super) fn groups(&mut self, head: &Placed<'_, ThresholdsEntry>) -> Vec<NeedSet> {
        head.value
            .groups
            .values()
            .map(|domains| {
                let domains = domains.iter().filter_map(|domain| Domain::of(*domain));
                domains.fold(NeedSet::EMPTY, |set, domain| set.or(&self.needs_of_domain[domain as usize]))
            })
            .collect()
    }

    pub(super) fn modifiers(&mut self, head: &ThresholdsEntry) -> Modifiers {
        let Some(modifiers) = &head.modifiers else { return Modifiers::default() };
        let entry = &self.draft.thresholds_head.entry;
        let mut from = 0;
        for (index, rank) in modifiers.from.iter().enumerate() {
            from |= 1 << self.rank(*rank, entry, &["modifiers".into(), "from".into(), index.into()]);
        }
        let mut instead = Vec::new();
        for (index, at) in modifiers.instead.iter().enumerate() {
            let path = |key| [Step::Key("modifiers"), Step::Key("instead"), Step::Item(index), Step::Key(key)];
            let rank = self.rank(at.at, entry, &path("at"));
            instead.push((rank, self.list(&at.consider, entry, &path("consider"), Self::consideration)));
        }
        let because = because(&modifiers.reason, &modifiers.source);
        Modifiers { steps_at_most: modifiers.steps_at_most, from, instead, because }
    }

    pub(super) fn protection(&mut self) -> Vec<Protection> {
        let head = &self.draft.thresholds_head;
        let mut protection = Vec::new();
        for (index, part) in head.value.protection.iter().enumerate() {
            let path = [Step::Key("protection"), Step::Item(index), Step::Key("fact")];
            let Some(fact) = self.fact(&part.fact, &head.entry, &path) else { continue };
            let mut cancels = NeedSet::EMPTY;
            for (item, id) in part.cancels.iter().enumerate() {
                let path = [Step::Key("protection"), Step::Item(index), Step::Key("cancels"), Step::Item(item)];
                match self.need_of(id) {
                    Some(owner) => cancels.insert(owner),
                    None => {
                        let message = format!("`{id}` is neither a fact nor a criterion");
                        let problem = Diagnostic::error("unknown-criterion", message);
                        let problem = problem.at(Some(head.entry.place(&path))).suggest(id, self.names.all());
                        self.tell_unknown(problem, id);
                    }
                }
            }
            protection.push(Protection { fact, cancels });
        }
        protection
    }

    pub(super) fn across_children(&mut self) -> Vec<AcrossChildren> {
        let mut rules = Vec::new();
        for placed in &self.draft.across_children {
            let (value, entry) = (&placed.value, &placed.entry);
            let others = &value.every_other_child;
            let path = |key| [Step::Key("every_other_child"), Step::Key(key)];
            rules.push(AcrossChildren {
                id: value.id.clone(),
                says: value.says.clone(),
                need: self.need(&value.when_one_child_has.need, entry, &["when_one_child_has".into(), "need".into()]),
                actions: self.list(&others.actions, entry, &path("actions"), Self::action),
                ask_first: self.list(&others.ask_first, entry, &path("ask_first"), Self::fact),
                source: value.source.clone(),
            });
        }
        rules
    }
}
