//! From typed entries to the dense rule set: names become numbers, answers classes, tests sets of classes, scripts
//! tables. Every name that leads nowhere is told here, with the nearest that would.

mod answers;
mod conditions;
mod tables;

pub(super) use conditions::all_classes;

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Placed};
use super::entries::{ChildFacts, DomainEntry, ThresholdsEntry};
use super::rule_set::{
    AcrossChildren, Action, Condition, Consideration, Criterion, CriterionIndex, CriterionSet, Domain, Framework,
    Index, Indicator, MAX_CRITERIA, MAX_NEEDS, MAX_THRESHOLDS, Modifiers, NeedIndex, NeedSet, Needs, Protection,
    RuleSet, RuleSetId, Table, Threshold, Topic,
};
use super::yaml::{Entry, Step};
use crate::calendar::Calendar;
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::{FactIndex, FactSet, MAX_FACTS};
use crate::ladder::{Ladder, MAX_RANK, Rank};

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
    let protection = compiler.protection();
    let across_children = compiler.across_children();
    let (actions, considerations) = compiler.actions();
    let framework = compiler.framework()?;
    let topics = draft
        .topics
        .iter()
        .map(|topic| Topic { id: topic.head.value.topic.clone(), title: topic.head.value.title.clone() });
    let Compiler { indicators, tables, needs_of_domain, names, .. } = compiler;
    let by_id = names.facts.iter().map(|(id, fact)| ((*id).to_owned(), *fact)).collect();
    let mut rule_set = RuleSet {
        id: RuleSetId {
            framework: draft.framework.value.framework.clone(),
            version: draft.framework.value.version.clone(),
            digest,
            status: draft.framework.value.status,
        },
        framework,
        ladder,
        topics: topics.collect(),
        indicators,
        criteria,
        thresholds,
        modifiers,
        hardship_never_reaches,
        protection,
        across_children,
        actions,
        considerations,
        tables,
        by_id,
        index: Index::default(),
    };
    rule_set.index = index(draft, &rule_set, needs_of_domain);
    Some(rule_set)
}

/// Every id of a folder, by what it names.
struct Names<'d> {
    facts: BTreeMap<&'d str, FactIndex>,
    /// In file order; their order of evaluation is found later.
    criteria: BTreeMap<&'d str, usize>,
    thresholds: BTreeSet<&'d str>,
    actions: BTreeMap<&'d str, usize>,
    considerations: BTreeMap<&'d str, usize>,
    topics: BTreeMap<&'d str, usize>,
}

impl<'d> Names<'d> {
    fn collect(draft: &'d Draft<'_>, problems: &mut Vec<Diagnostic>) -> Self {
        let mut seen: BTreeMap<&'d str, (&'static str, Place)> = BTreeMap::new();
        let mut add = |id: &'d str, what: &'static str, entry: &Entry<'_>| {
            let place = entry.place(&["id".into()]);
            if let Some((other, first)) = seen.get(id) {
                let message = format!("`{id}` is already the id of {other}, in {}:{}", first.file, first.line);
                let help = "facts, criteria, thresholds, actions and considerations share one name space";
                problems.push(Diagnostic::error("duplicate-id", message).at(Some(place)).help(help));
                false
            } else {
                seen.insert(id, (what, place));
                true
            }
        };
        let mut names = Self {
            facts: BTreeMap::new(),
            criteria: BTreeMap::new(),
            thresholds: BTreeSet::new(),
            actions: BTreeMap::new(),
            considerations: BTreeMap::new(),
            topics: BTreeMap::new(),
        };
        for (index, (_, fact)) in draft.indicators().enumerate() {
            if add(&fact.value.id, "a fact", &fact.entry) {
                names.facts.insert(&fact.value.id, index);
            }
        }
        for (index, (_, criterion)) in draft.criteria().enumerate() {
            if add(&criterion.value.id, "a criterion", &criterion.entry) {
                names.criteria.insert(&criterion.value.id, index);
            }
        }
        for threshold in &draft.thresholds {
            if add(&threshold.value.id, "a threshold", &threshold.entry) {
                names.thresholds.insert(&threshold.value.id);
            }
        }
        for across in &draft.across_children {
            add(&across.value.id, "a rule across children", &across.entry);
        }
        for (index, action) in draft.actions.iter().enumerate() {
            if add(&action.value.id, "an action", &action.entry) {
                names.actions.insert(&action.value.id, index);
            }
        }
        for (index, consideration) in draft.considerations.iter().enumerate() {
            if add(&consideration.value.id, "a consideration", &consideration.entry) {
                names.considerations.insert(&consideration.value.id, index);
            }
        }
        for (index, topic) in draft.topics.iter().enumerate() {
            names.topics.insert(&topic.head.value.topic, index);
        }
        names
    }

    fn too_many(&self, problems: &mut Vec<Diagnostic>) -> bool {
        let counts = [
            ("facts", self.facts.len(), MAX_FACTS),
            ("criteria", self.criteria.len(), MAX_CRITERIA),
            ("thresholds", self.thresholds.len(), MAX_THRESHOLDS),
        ];
        let before = problems.len();
        problems.extend(counts.into_iter().filter(|(_, count, most)| count > most).map(|(what, count, most)| {
            Diagnostic::error("too-many", format!("the rule set has {count} {what}; at most {most} are read"))
        }));
        problems.len() > before
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        self.facts.keys().chain(self.criteria.keys()).copied()
    }
}

struct Compiler<'d, 'p> {
    draft: &'d Draft<'d>,
    names: Names<'d>,
    highest: Rank,
    problems: &'p mut Vec<Diagnostic>,
    indicators: Vec<Indicator>,
    tables: Vec<Table>,
    needs_of_domain: [NeedSet; Domain::COUNT],
    /// Per criterion in file order: every fact it reads, through other criteria too.
    reads: Vec<FactSet>,
    order: Order,
}

/// The order in which criteria are evaluated.
#[derive(Default)]
struct Order {
    /// Places in file order, in order of evaluation.
    files: Vec<usize>,
    /// Per place in file order, the order of evaluation.
    index: Vec<CriterionIndex>,
}

impl<'d> Compiler<'d, '_> {
    fn tell(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// A name that leads nowhere, unless the entry it names was already told to be broken.
    fn tell_unknown(&mut self, problem: Diagnostic, word: &str) {
        if !self.draft.broken.contains(word) {
            self.tell(problem);
        }
    }

    fn rank(&mut self, rank: Rank, entry: &Entry<'_>, path: &[Step<'_>]) -> Rank {
        if rank == 0 || rank > self.highest {
            let message = format!("there is no level {rank}; the framework's levels are 1 to {}", self.highest);
            self.tell(Diagnostic::error("unknown-level", message).at(Some(entry.place(path))));
        }
        rank.clamp(1, self.highest)
    }

    fn action(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<usize> {
        let found = self.names.actions.get(id).copied();
        if found.is_none() {
            let message = format!("`{id}` is not an action of actions.yaml");
            let problem = Diagnostic::error("unknown-action", message).at(Some(entry.place(path)));
            self.tell_unknown(problem.suggest(id, self.names.actions.keys().copied()), id);
        }
        found
    }

    fn consideration(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<usize> {
        let found = self.names.considerations.get(id).copied();
        if found.is_none() {
            let message = format!("`{id}` is not a consideration of actions.yaml");
            let problem = Diagnostic::error("unknown-consideration", message).at(Some(entry.place(path)));
            self.tell_unknown(problem.suggest(id, self.names.considerations.keys().copied()), id);
        }
        found
    }

    fn list<T>(
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

    fn fact(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<FactIndex> {
        let found = self.names.facts.get(id).copied();
        if found.is_none() {
            let message = format!("`{id}` is a fact that no file defines");
            let problem = Diagnostic::error("unknown-fact", message).at(Some(entry.place(path)));
            self.tell_unknown(problem.suggest(id, self.names.facts.keys().copied()), id);
        }
        found
    }

    /// Sorts criteria so that each stands after those it names; those that look at needs come last.
    fn order_of_evaluation(&mut self) -> Option<Order> {
        let entries: Vec<_> = self.draft.criteria().map(|(_, criterion)| criterion).collect();
        let named: Vec<Vec<usize>> = entries
            .iter()
            .map(|criterion| {
                let mut ids = Vec::new();
                conditions::names_in(&criterion.value.when, &mut ids);
                ids.iter().filter_map(|id| self.names.criteria.get(id).copied()).collect()
            })
            .collect();
        let mut state = vec![Visit::Not; entries.len()];
        let mut sorted = Vec::new();
        for index in 0..entries.len() {
            if let Err(cycle) = visit(index, &named, &mut state, &mut sorted) {
                let names: Vec<_> = cycle.iter().rev().map(|index| format!("`{}`", entries[*index].value.id)).collect();
                let message = format!("criteria name each other in a circle: {}", names.join(" needs "));
                let place = entries[cycle[0]].place(&["when".into()]);
                let help = "take the common part out into a criterion that names neither";
                self.tell(Diagnostic::error("cycle", message).at(place).help(help));
                return None;
            }
        }
        let mut looks_at_needs = vec![false; entries.len()];
        for &index in &sorted {
            looks_at_needs[index] = conditions::has_need(&entries[index].value.when)
                || named[index].iter().any(|named| looks_at_needs[*named]);
        }
        let (first, second): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|index| !looks_at_needs[*index]);
        let files: Vec<usize> = first.into_iter().chain(second).collect();
        let mut index = vec![0; files.len()];
        files.iter().enumerate().for_each(|(order, file)| index[*file] = order);
        Some(Order { files, index })
    }

    /// Finds the owner and domain of every need.
    fn domains_of_needs(&mut self) {
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
    fn owner(&mut self, itself: NeedIndex, with: Option<&String>, entry: &Entry<'_>) -> NeedIndex {
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

    fn criteria(&mut self) -> Vec<Criterion> {
        let entries: Vec<_> = self.draft.criteria().collect();
        self.reads = vec![FactSet::EMPTY; entries.len()];
        let mut criteria = Vec::new();
        for (index, file) in self.order.files.clone().into_iter().enumerate() {
            let (topic, placed) = entries[file];
            let (value, entry) = (&placed.value, &placed.entry);
            let when = self.condition(&value.when, entry, &["when".into()]);
            let reads = self.reads_of(&when);
            self.reads[file] = reads;
            let gives = value.gives.clone().unwrap_or_default();
            if !gives.opens.is_empty() {
                let message = "only an answer opens topics, not a criterion";
                let place = entry.key_place(&["gives".into()], "opens");
                let help = "write `opens` on the indicator whose answer should open the topic";
                self.tell(Diagnostic::error("criterion-opens", message).at(Some(place)).help(help));
            }
            let gives = self.gives(&gives, entry, &["gives".into()]);
            let owner = self.owner(MAX_FACTS + index, value.counts_with.as_ref(), entry);
            let domain = value.domain.unwrap_or(self.draft.topics[topic].head.value.domain);
            criteria.push(Criterion {
                id: value.id.clone(),
                says: value.says.clone(),
                when,
                gives,
                topic,
                domain: Domain::of(domain),
                need: owner,
                reads,
                source: value.source.clone(),
            });
        }
        // A need never sees the indicators tested beside it, so exclusions are filled in once all reads are known.
        for criterion in &mut criteria {
            let own: NeedSet = criterion.reads.iter().map(|fact| self.indicators[fact].need).collect();
            exclude(&mut criterion.when, &own);
        }
        criteria
    }

    fn thresholds(&mut self) -> Vec<Threshold> {
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

    fn groups(&mut self, head: &Placed<'_, ThresholdsEntry>) -> Vec<NeedSet> {
        head.value
            .groups
            .values()
            .map(|domains| {
                let domains = domains.iter().filter_map(|domain| Domain::of(*domain));
                domains.fold(NeedSet::EMPTY, |set, domain| set.or(&self.needs_of_domain[domain as usize]))
            })
            .collect()
    }

    fn modifiers(&mut self, head: &ThresholdsEntry) -> Modifiers {
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
        Modifiers { steps_at_most: modifiers.steps_at_most, from, instead }
    }

    fn protection(&mut self) -> Vec<Protection> {
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

    /// The need of a fact or a criterion; criteria stand after facts among the owners.
    fn need_of(&self, id: &str) -> Option<NeedIndex> {
        let fact = self.names.facts.get(id).copied();
        fact.or_else(|| self.names.criteria.get(id).map(|file| MAX_FACTS + self.order.index[*file]))
    }

    fn across_children(&mut self) -> Vec<AcrossChildren> {
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
            });
        }
        rules
    }

    fn actions(&mut self) -> (Vec<Action>, Vec<Consideration>) {
        let draft = self.draft;
        let actions = draft.actions.iter().map(|placed| Action {
            id: placed.value.id.clone(),
            says: placed.value.says.clone(),
            within: placed.value.within,
            clock: placed.value.clock,
            source: placed.value.source.clone(),
        });
        let considerations = draft.considerations.iter().map(|placed| Consideration {
            id: placed.value.id.clone(),
            says: placed.value.says.clone(),
            until_level: self.rank(placed.value.until_level, &placed.entry, &["until_level".into()]),
        });
        (actions.collect(), considerations.collect())
    }

    fn framework(&mut self) -> Option<Framework> {
        let placed = &self.draft.framework;
        let (value, entry) = (placed.value.clone(), &placed.entry);
        for (index, level) in self.draft.levels.iter().enumerate() {
            debug_assert_eq!(usize::from(level.value.rank), index + 1, "the ladder was made from these");
            self.list(&level.value.actions, &level.entry, &["actions".into()], Self::action);
        }
        if let Some(below) = &value.below {
            self.rank(below.rank, entry, &["below".into(), "rank".into()]);
        }
        let ChildFacts { age_in_months, unborn, gestation_in_weeks } = &value.child;
        let named = [("age_in_months", age_in_months), ("unborn", unborn), ("gestation_in_weeks", gestation_in_weeks)];
        for (key, fact) in named {
            if let Some(fact) = fact {
                self.fact(fact, entry, &["child".into(), key.into()]);
            }
        }
        let out_of_hours =
            self.action(&value.office_hours.otherwise, entry, &["office_hours".into(), "otherwise".into()]);
        let Some(calendar) = Calendar::new(&value.office_hours) else {
            let message = "office hours open before they close, on the same day";
            let place = entry.place(&["office_hours".into(), "from".into()]);
            self.tell(Diagnostic::error("impossible-range", message).at(Some(place)));
            return None;
        };
        Some(Framework {
            title: value.title,
            about: value.about,
            in_force: value.in_force,
            while_unsettled: value.while_unsettled,
            below: value.below,
            always_say: value.always_say,
            calendar,
            out_of_hours: out_of_hours?,
            child: value.child,
            agencies: value.agencies,
            sources: value.sources,
            timescales: self.draft.timescales.iter().map(|timescale| timescale.value.clone()).collect(),
            code_lists: self.draft.code_lists.iter().map(|list| list.value.clone()).collect(),
        })
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

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Not,
    Now,
    Done,
}

/// Depth first; a circle is returned as the places on it.
fn visit(index: usize, named: &[Vec<usize>], state: &mut [Visit], sorted: &mut Vec<usize>) -> Result<(), Vec<usize>> {
    match state[index] {
        Visit::Done => return Ok(()),
        Visit::Now => return Err(vec![index]),
        Visit::Not => state[index] = Visit::Now,
    }
    for &next in &named[index] {
        visit(next, named, state, sorted).map_err(|mut cycle| {
            let closed = cycle.len() > 1 && cycle.first() == cycle.last();
            if !closed {
                cycle.push(index);
            }
            cycle
        })?;
    }
    state[index] = Visit::Done;
    sorted.push(index);
    Ok(())
}

/// Takes needs out of everything that a condition looks at.
fn exclude(condition: &mut Condition, own: &NeedSet) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter_mut().for_each(|part| exclude(part, own)),
        Condition::Need(need) => need.among = need.among.without(own),
        Condition::Test { .. } | Condition::Holds(_) | Condition::Stated { .. } | Condition::Table(_) => {}
    }
}

/// What is looked up for every referral.
fn index(draft: &Draft<'_>, rules: &RuleSet, needs_of_domain: [NeedSet; Domain::COUNT]) -> Index {
    let entries: Vec<_> = draft.indicators().map(|(_, fact)| &fact.value).collect();
    let facts = |test: &dyn Fn(usize) -> bool| (0..entries.len()).filter(|fact| test(*fact)).collect::<FactSet>();
    let mut touches = vec![CriterionSet::EMPTY; entries.len()];
    let mut always = CriterionSet::EMPTY;
    for (index, criterion) in rules.criteria.iter().enumerate() {
        criterion.reads.iter().for_each(|fact| touches[fact].insert(index));
        // A condition that reads no fact, or holds with every fact at its least, is not found by looking at facts.
        if criterion.reads.is_empty() || criterion.when.holds_at_least(rules) {
            always.insert(index);
        }
    }
    Index {
        core: facts(&|fact| entries[fact].core),
        circumstances: facts(&|fact| entries[fact].circumstance),
        presumed: facts(&|fact| entries[fact].presume.is_some()),
        protective: facts(&|fact| entries[fact].protects),
        unordered: facts(&|fact| !entries[fact].ordered),
        gated: facts(&|fact| entries[fact].asked_when.is_some()),
        retired: facts(&|fact| entries[fact].retired.is_some()),
        of_topic: (0..rules.topics.len())
            .map(|topic| facts(&|fact| rules.indicators[fact].topic == topic && entries[fact].retired.is_none()))
            .collect(),
        touches,
        always,
        second_layer: (0..rules.criteria.len())
            .filter(|index| rules.criteria[*index].when.looks_at_needs(rules))
            .collect(),
        needs_of_domain,
        presumptions: (0..entries.len())
            .filter(|fact| entries[*fact].presume.is_some())
            .map(|fact| (fact, rules.greatest(fact)))
            .collect(),
    }
}
