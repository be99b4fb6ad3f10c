//! What every part of compiling shares: the draft, its names, and how a name that leads nowhere is told.

use super::names::Names;
use super::order::Order;
use crate::criteria::condition::Table;
use crate::criteria::draft::Draft;
use crate::criteria::entries::DomainEntry;
use crate::criteria::rule_set::{Domain, Indicator, MAX_NEEDS, NeedIndex, NeedSet};
use crate::criteria::yaml::{Entry, Step};
use crate::diagnostic::Diagnostic;
use crate::facts::{FactIndex, FactSet, MAX_FACTS};
use crate::ladder::Rank;

pub(super) struct Compiler<'d, 'p> {
    pub(super) draft: &'d Draft<'d>,
    pub(super) names: Names<'d>,
    pub(super) highest: Rank,
    pub(super) problems: &'p mut Vec<Diagnostic>,
    pub(super) indicators: Vec<Indicator>,
    pub(super) tables: Vec<Table>,
    pub(super) needs_of_domain: [NeedSet; Domain::COUNT],
    /// Per criterion in file order: every fact it reads, through other criteria too.
    pub(super) reads: Vec<FactSet>,
    pub(super) order: Order,
    /// While a gate is compiled: a gate may ask whether a fact is known at all, by a test that every answer passes.
    pub(super) in_gate: bool,
}

impl<'d> Compiler<'d, '_> {
    pub(super) fn tell(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// A name that leads nowhere, unless the entry it names, or a file that may hold it, was already told to be broken.
    pub(super) fn tell_unknown(&mut self, problem: Diagnostic, word: &str) {
        if !self.draft.broken.contains(word) && !self.draft.unread {
            self.tell(problem);
        }
    }

    pub(super) fn rank(&mut self, rank: Rank, entry: &Entry<'_>, path: &[Step<'_>]) -> Rank {
        if rank == 0 || rank > self.highest {
            let message = format!("there is no level {rank}; the framework's levels are 1 to {}", self.highest);
            self.tell(Diagnostic::error("unknown-level", message).at(Some(entry.place(path))));
        }
        rank.clamp(1, self.highest)
    }

    pub(super) fn action(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<usize> {
        let found = self.names.actions.get(id).copied();
        if found.is_none() {
            let message = format!("`{id}` is not an action of actions.yaml");
            let problem = Diagnostic::error("unknown-action", message).at(Some(entry.place(path)));
            self.tell_unknown(problem.suggest(id, self.names.actions.keys().copied()), id);
        }
        found
    }

    pub(super) fn consideration(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<usize> {
        let found = self.names.considerations.get(id).copied();
        if found.is_none() {
            let message = format!("`{id}` is not a consideration of actions.yaml");
            let problem = Diagnostic::error("unknown-consideration", message).at(Some(entry.place(path)));
            self.tell_unknown(problem.suggest(id, self.names.considerations.keys().copied()), id);
        }
        found
    }

    pub(super) fn list<T>(
        &mut self,
        ids: &[String],
        entry: &Entry<'_>,
        path: &[Step<'_>],
        find: impl Fn(&mut Self, &str, &Entry<'_>, &[Step<'_>]) -> Option<T>,
    ) -> Vec<T> {
        let mut found = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            let mut path = path.to_vec();
            path.push(index.into());
            found.extend(find(self, id, entry, &path));
        }
        found
    }

    pub(super) fn fact(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<FactIndex> {
        let found = self.names.facts.get(id).copied();
        if found.is_none() {
            let message = format!("`{id}` is a fact that no file defines");
            let problem = Diagnostic::error("unknown-fact", message).at(Some(entry.place(path)));
            self.tell_unknown(problem.suggest(id, self.names.facts.keys().copied()), id);
        }
        found
    }

    /// Finds the owner and domain of every need.
    pub(super) fn domains_of_needs(&mut self) {
        let facts: Vec<_> = self.draft.indicators().collect();
        let criteria: Vec<_> = self.draft.criteria().collect();
        let topic_domain = |topic: usize| self.draft.topics[topic].head.value.domain;
        let mut domains = vec![DomainEntry::None; MAX_NEEDS];
        for (index, (topic, fact)) in facts.iter().enumerate() {
            domains[index] = fact.value.domain.unwrap_or_else(|| topic_domain(*topic));
        }
        for (index, (topic, criterion)) in criteria.iter().enumerate() {
            domains[MAX_FACTS + self.order.index[index]] =
                criterion.value.domain.unwrap_or_else(|| topic_domain(*topic));
        }
        for (need, domain) in domains.into_iter().enumerate() {
            if let Some(domain) = Domain::of(domain) {
                self.needs_of_domain[domain as usize].insert(need);
            }
        }
    }

    /// The owner of a need: itself, or the one it is told with.
    pub(super) fn owner(&mut self, itself: NeedIndex, with: Option<&String>, entry: &Entry<'_>) -> NeedIndex {
        let Some(with) = with else { return itself };
        let Some(&fact) = self.names.facts.get(with.as_str()) else {
            let message = format!("`counts_with` names `{with}`, which is not a fact");
            let problem = Diagnostic::error("unknown-fact", message).at(Some(entry.place(&["counts_with".into()])));
            self.tell_unknown(problem.suggest(with, self.names.facts.keys().copied()), with);
            return itself;
        };
        let owner = self.draft.indicators().nth(fact).and_then(|(_, owner)| owner.value.counts_with.clone());
        if fact == itself || owner.is_some() {
            let message = format!("`{with}` is not an owner: it counts with another need itself");
            let problem =
                Diagnostic::error("counts-with-chain", message).at(Some(entry.place(&["counts_with".into()])));
            self.tell(problem.help("name the one indicator under which this need is counted"));
        }
        fact
    }

    /// The need of a fact or a criterion; criteria stand after facts among the owners.
    pub(super) fn need_of(&self, id: &str) -> Option<NeedIndex> {
        let fact = self.names.facts.get(id).copied();
        fact.or_else(|| self.names.criteria.get(id).map(|file| MAX_FACTS + self.order.index[*file]))
    }
}

impl Domain {
    pub(super) fn of(entry: DomainEntry) -> Option<Self> {
        match entry {
            DomainEntry::Child => Some(Self::Child),
            DomainEntry::Parenting => Some(Self::Parenting),
            DomainEntry::Environment => Some(Self::Environment),
            DomainEntry::Harm => Some(Self::Harm),
            DomainEntry::None => None,
        }
    }
}
