//! Findings: the criteria that hold, the needs they are, and which of them are reasons.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::Conditions;
use super::considered::{Softened, cancelled};
use super::query::{Keeps, Layer, Query, all, greatest, listed, named, sum};
use crate::criteria::{ClassSet, Condition, Contribution, CriterionIndex, Gives, Need, NeedIndex, RuleSet};
use crate::facts::{FactIndex, MAX_FACTS};
use crate::ladder::Rank;

/// One of the two passes of the evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// What holds whatever is not known.
    Least,
    /// What may hold.
    Most,
}

impl Pass {
    pub const BOTH: [Self; 2] = [Self::Least, Self::Most];

    pub fn word(self) -> &'static str {
        match self {
            Self::Least => "least",
            Self::Most => "most",
        }
    }

    /// Whether a condition in three values holds in this pass.
    fn holds(self, condition: &str) -> String {
        match self {
            Self::Least => format!("{condition} IS TRUE"),
            Self::Most => format!("{condition} IS NOT FALSE"),
        }
    }
}

/// In which sense a contribution is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sense {
    /// A need of any kind.
    Any,
    /// One that is no material hardship.
    Firm,
    /// A floor.
    Harm,
    /// A floor or a duty.
    Owed,
}

impl Sense {
    fn rank(self, contribution: Contribution) -> Rank {
        match (self, contribution) {
            (Self::Any, any) => any.rank(),
            (_, Contribution::Floor(rank)) => rank,
            (Self::Firm | Self::Owed, Contribution::Duty(rank)) => rank,
            (Self::Firm, Contribution::Counts { rank, hardship: false }) => rank,
            _ => 0,
        }
    }
}

/// What a contribution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    Fact(FactIndex),
    Criterion(CriterionIndex),
}

/// The findings of one rule set.
pub(super) struct Findings<'a> {
    pub rules: &'a RuleSet,
    pub softened: &'a Softened,
}

const FIRST: &str = "Criteria that look at answers and at criteria above them.";
const PARTS: &str = "The highest need among those that a criterion looks at, in parts that criteria share.";
const SECOND: &str = "Criteria that look at what the others give.";
const NEEDS: &str = "The reasons; the highest floor or duty; modifiers found; and each need at its highest, with what is \
                     not known at its least\nand at its greatest, and without material hardship where it may be that.";

impl Findings<'_> {
    fn conditions(&self, query: &Query) -> Conditions<'_> {
        Conditions { rules: self.rules, dialect: query.dialect }
    }

    /// The criteria that give something, and those that they name.
    fn wanted(&self) -> BTreeSet<CriterionIndex> {
        let criteria = &self.rules.criteria;
        let mut wanted = BTreeSet::new();
        // A criterion stands after those that it names.
        for index in (0..criteria.len()).rev() {
            if !criteria[index].gives.is_nothing() || wanted.contains(&index) {
                wanted.insert(index);
                named_by(&criteria[index].when, &mut wanted);
            }
        }
        wanted
    }

    /// Adds a column for every criterion, in as many layers as one names another.
    pub fn criteria(&self, query: &mut Query) {
        let second_layer = &self.rules.index.second_layer;
        let (second, first): (Vec<_>, Vec<_>) =
            self.wanted().into_iter().partition(|index| second_layer.contains(*index));
        self.layers("criteria", FIRST, &first, &|_| "FALSE".to_owned(), query);
        let parts = Parts::of(self, &second);
        let mut layer = Layer::default();
        for (place, (sense, owners)) in parts.all.iter().enumerate() {
            for pass in Pass::BOTH {
                let of = |of: &Of| !matches!(of, Of::Criterion(index) if second_layer.contains(*index));
                let each = owners.iter().flat_map(|owner| self.members(*owner)).filter(of);
                let ranks: Vec<String> = each.filter_map(|of| self.rank(of, *sense, pass, query)).collect();
                layer.add(part(place, pass), greatest(None, ranks));
            }
        }
        if !layer.is_empty() {
            query.push("parts", PARTS, Keeps::All, &layer, None);
        }
        let dialect = query.dialect;
        let need = |need: &Need| parts.has(need, &|place, pass| dialect.name_of(&part(place, pass)));
        self.layers("criteria_of_needs", SECOND, &second, &need, query);
    }

    fn layers(
        &self,
        name: &str,
        says: &str,
        criteria: &[CriterionIndex],
        need: &dyn Fn(&Need) -> String,
        query: &mut Query,
    ) {
        let mut depths: BTreeMap<CriterionIndex, usize> = BTreeMap::new();
        for index in criteria {
            let mut named = BTreeSet::new();
            named_by(&self.rules.criteria[*index].when, &mut named);
            let above = named.iter().filter_map(|named| depths.get(named)).max().copied().unwrap_or_default();
            depths.insert(*index, above + 1);
        }
        for depth in 1..=depths.values().max().copied().unwrap_or_default() {
            let mut layer = Layer::default();
            for (index, _) in depths.iter().filter(|(_, of)| **of == depth) {
                let criterion = &self.rules.criteria[*index];
                layer.add(&criterion.id, self.conditions(query).holds(&criterion.when, need));
            }
            query.push(&format!("{name}_{depth}"), says, Keeps::All, &layer, None);
        }
    }

    /// Everything whose need is counted under one owner.
    pub fn members(&self, owner: NeedIndex) -> Vec<Of> {
        let facts = self.rules.indicators.iter().enumerate().filter(|(_, fact)| fact.need == owner);
        let criteria = self.rules.criteria.iter().enumerate().filter(|(_, criterion)| criterion.need == owner);
        facts.map(|(fact, _)| Of::Fact(fact)).chain(criteria.map(|(index, _)| Of::Criterion(index))).collect()
    }

    /// The owners of needs that give anything, in order.
    pub fn owners(&self) -> BTreeSet<NeedIndex> {
        let gives = |gives: &Gives| gives.contribution != Contribution::Nothing;
        let facts = self.rules.indicators.iter();
        let facts = facts.filter(|fact| fact.classes.iter().any(|class| gives(&class.gives))).map(|fact| fact.need);
        let criteria = self.rules.criteria.iter().filter(|one| gives(&one.gives)).map(|one| one.need);
        facts.chain(criteria).collect()
    }

    /// Whether some of an owner's needs is material hardship.
    pub fn may_be_hardship(&self, owner: NeedIndex) -> bool {
        let is = |gives: &Gives| matches!(gives.contribution, Contribution::Counts { hardship: true, .. });
        self.members(owner).iter().any(|of| match of {
            Of::Fact(fact) => self.rules.indicators[*fact].classes.iter().any(|class| is(&class.gives)),
            Of::Criterion(index) => is(&self.rules.criteria[*index].gives),
        })
    }

    /// The id under which a need is counted.
    pub fn owner_id(&self, owner: NeedIndex) -> &str {
        match owner.checked_sub(MAX_FACTS) {
            Some(criterion) => &self.rules.criteria[criterion].id,
            None => &self.rules.indicators[owner].id,
        }
    }

    /// The rank that one contribution has in one pass; nothing where it never has any.
    fn rank(&self, of: Of, sense: Sense, pass: Pass, query: &Query) -> Option<String> {
        match of {
            Of::Criterion(index) => {
                let criterion = &self.rules.criteria[index];
                let rank = self.softened_rank(&criterion.gives, sense, query)?;
                let holds = pass.holds(&query.name(&criterion.id));
                Some(format!("CASE WHEN {holds} THEN {rank} ELSE 0 END"))
            }
            Of::Fact(fact) => {
                let name = query.name(&self.rules.indicators[fact].id);
                let classes = self.rules.indicators[fact].classes.iter().enumerate().rev();
                let mut steps: Vec<(usize, String)> = Vec::new();
                for (class, answer) in classes {
                    let rank = self.softened_rank(&answer.gives, sense, query).unwrap_or_else(|| "0".to_owned());
                    match steps.last_mut() {
                        Some((from, same)) if *same == rank => *from = class,
                        _ => steps.push((class, rank)),
                    }
                }
                if steps.iter().all(|(_, rank)| rank == "0") {
                    return None;
                }
                let mut text = "CASE".to_owned();
                for (place, (from, rank)) in steps.iter().filter(|(from, rank)| *from > 0 || rank != "0").enumerate() {
                    // What is not known is at its greatest answer, which stands first.
                    let or_open =
                        if place == 0 && pass == Pass::Most { format!("{name} IS NULL OR ") } else { String::new() };
                    text.push_str(&format!(" WHEN {or_open}{name} >= {from} THEN {rank}"));
                }
                Some(format!("{text} ELSE 0 END"))
            }
        }
    }

    /// The rank of a contribution, softened or not.
    fn softened_rank(&self, gives: &Gives, sense: Sense, query: &Query) -> Option<String> {
        let rank = sense.rank(gives.contribution);
        match &gives.softens {
            _ if rank == 0 => None,
            None => Some(rank.to_string()),
            Some(softens) => {
                let column = query.name(&self.softened.column(self.conditions(query), &softens.unless));
                Some(format!("CASE WHEN {column} THEN {} ELSE {rank} END", softens.then))
            }
        }
    }

    /// Adds the layer of the needs, which leaves the answers behind.
    pub fn needs(&self, keys: usize, query: &mut Query) {
        let mut layer = Layer::default();
        layer.keep_row(keys);
        self.lapses(query).into_iter().for_each(|column| layer.keep(column));
        layer.add("criteria_met", self.reasons(query));
        let everything = || {
            let facts = (0..self.rules.indicators.len()).map(Of::Fact);
            facts.chain((0..self.rules.criteria.len()).map(Of::Criterion))
        };
        for pass in Pass::BOTH {
            let owed = everything().filter_map(|of| self.rank(of, Sense::Owed, pass, query)).collect();
            layer.add(format!("floor__{}", pass.word()), greatest(Some(1), owed));
            let modifiers: Vec<String> = everything().filter_map(|of| self.modifier(of, pass, query)).collect();
            layer.add(format!("modifiers__{}", pass.word()), sum(&modifiers));
        }
        for owner in self.owners() {
            let mut senses = vec![Sense::Any];
            senses.extend(self.may_be_hardship(owner).then_some(Sense::Firm));
            for (sense, pass) in senses.iter().flat_map(|sense| Pass::BOTH.map(|pass| (*sense, pass))) {
                let ranks =
                    self.members(owner).into_iter().filter_map(|of| self.rank(of, sense, pass, query)).collect();
                layer.add(self.need_column(owner, sense, pass), greatest(None, ranks));
            }
        }
        query.push("needs", NEEDS, Keeps::OnlyNamed, &layer, None);
    }

    /// The columns on which thresholds lapse.
    pub fn lapses(&self, query: &Query) -> BTreeSet<String> {
        let lapse = self.rules.thresholds.iter().filter_map(|threshold| threshold.unless.as_ref());
        lapse.map(|unless| self.softened.column(self.conditions(query), unless)).collect()
    }

    /// The column of an owner's highest need.
    pub fn need_column(&self, owner: NeedIndex, sense: Sense, pass: Pass) -> String {
        let what = match sense {
            Sense::Firm if self.may_be_hardship(owner) => format!("firm__{}", pass.word()),
            _ => pass.word().to_owned(),
        };
        named(self.owner_id(owner), owner, &what)
    }

    /// 1 where a modifier is found and not cancelled.
    fn modifier(&self, of: Of, pass: Pass, query: &Query) -> Option<String> {
        let (found, place) = match of {
            Of::Criterion(index) => {
                let criterion = &self.rules.criteria[index];
                (criterion.gives.raises.then(|| pass.holds(&query.name(&criterion.id)))?, MAX_FACTS + index)
            }
            Of::Fact(fact) => {
                let classes = self.rules.indicators[fact].classes.iter().enumerate();
                let raising = classes.filter(|(_, class)| class.gives.raises);
                let raising: ClassSet = raising.fold(0, |set, (class, _)| set | 1 << class);
                let test = format!("({})", self.conditions(query).is_among(fact, raising));
                ((raising != 0).then(|| pass.holds(&test))?, fact)
            }
        };
        let cancels = self.rules.protection.iter().enumerate().filter(|(_, one)| one.cancels.contains(place));
        let stands = cancels.map(|(place, _)| format!("NOT {}", query.name(&cancelled(place))));
        let conditions: Vec<String> = std::iter::once(found).chain(stands).collect();
        Some(format!("CASE WHEN {} THEN 1 ELSE 0 END", all(&conditions)))
    }

    /// The reasons of an evaluation, in their order: by rank, then facts, then criteria.
    fn reasons(&self, query: &Query) -> String {
        let mut reasons: Vec<(Rank, String, String)> = Vec::new();
        let conditions = self.conditions(query);
        let mut add = |gives: &Gives, holds: &str, id: &str| {
            let rank = gives.contribution.rank();
            match &gives.softens {
                None => reasons.push((rank, holds.to_owned(), id.to_owned())),
                Some(softens) => {
                    let column = query.name(&self.softened.column(conditions, &softens.unless));
                    reasons.push((rank, format!("{holds} AND NOT {column}"), id.to_owned()));
                    reasons.push((softens.then, format!("{holds} AND {column}"), id.to_owned()));
                }
            }
        };
        for (fact, indicator) in self.rules.indicators.iter().enumerate() {
            for (class, answer) in indicator.classes.iter().enumerate().filter(|(_, class)| !class.gives.is_nothing()) {
                add(&answer.gives, &format!("{} = {class}", conditions.name(fact)), &indicator.id);
            }
        }
        for criterion in self.rules.criteria.iter().filter(|criterion| !criterion.gives.is_nothing()) {
            add(&criterion.gives, &query.name(&criterion.id), &criterion.id);
        }
        reasons.sort_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
        let mut merged: Vec<(Rank, Vec<String>, String)> = Vec::new();
        for (rank, holds, id) in reasons {
            match merged.last_mut() {
                Some((same, all, last)) if *same == rank && *last == id => all.push(holds),
                _ => merged.push((rank, vec![holds], id)),
            }
        }
        let text = |id: &str| query.dialect.text(id);
        let each =
            merged.iter().map(|(_, holds, id)| format!("CASE WHEN {} THEN {} END", holds.join(" OR "), text(id)));
        listed(&each.collect::<Vec<_>>())
    }
}

/// The criteria that a condition names itself.
fn named_by(condition: &Condition, named: &mut BTreeSet<CriterionIndex>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| named_by(part, named)),
        Condition::Holds(criterion) => {
            named.insert(*criterion);
        }
        Condition::Test { .. } | Condition::Stated { .. } | Condition::Need(_) | Condition::Table(_) => {}
    }
}

/// The needs that a condition looks at itself.
fn needs_of<'c>(condition: &'c Condition, needs: &mut Vec<&'c Need>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| needs_of(part, needs)),
        Condition::Need(need) => needs.push(need),
        Condition::Test { .. } | Condition::Stated { .. } | Condition::Holds(_) | Condition::Table(_) => {}
    }
}

fn part(place: usize, pass: Pass) -> String {
    format!("part__{place}__{}", pass.word())
}

/// The needs that criteria look at, in parts: two that are always looked at together are in one.
struct Parts {
    all: Vec<(Sense, Vec<NeedIndex>)>,
}

impl Parts {
    fn of(findings: &Findings<'_>, criteria: &[CriterionIndex]) -> Self {
        let mut needs = Vec::new();
        criteria.iter().for_each(|index| needs_of(&findings.rules.criteria[*index].when, &mut needs));
        let mut parts: BTreeMap<(Sense, Vec<usize>), Vec<NeedIndex>> = BTreeMap::new();
        for sense in [Sense::Any, Sense::Harm] {
            for owner in findings.owners() {
                let looking = needs.iter().enumerate();
                let looking = looking.filter(|(_, need)| sense_of(need) == sense && need.among.contains(owner));
                let looking: Vec<usize> = looking.map(|(place, _)| place).collect();
                if !looking.is_empty() {
                    parts.entry((sense, looking)).or_default().push(owner);
                }
            }
        }
        Self { all: parts.into_iter().map(|((sense, _), owners)| (sense, owners)).collect() }
    }

    /// Whether there is such a need, in three values.
    fn has(&self, need: &Need, column: &dyn Fn(usize, Pass) -> String) -> String {
        let sense = sense_of(need);
        let parts = self.all.iter().enumerate();
        let parts =
            parts.filter(|(_, (of, owners))| *of == sense && owners.iter().any(|owner| need.among.contains(*owner)));
        let places: Vec<usize> = parts.map(|(place, _)| place).collect();
        let highest = |pass| greatest(None, places.iter().map(|place| column(*place, pass)).collect());
        let at = need.at;
        format!(
            "(CASE WHEN {} >= {at} THEN TRUE WHEN {} >= {at} THEN NULL ELSE FALSE END)",
            highest(Pass::Least),
            highest(Pass::Most)
        )
    }
}

fn sense_of(need: &Need) -> Sense {
    if need.harm { Sense::Harm } else { Sense::Any }
}
