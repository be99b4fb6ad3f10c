//! How needs are counted, and what level that reaches.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::Conditions;
use super::considered::Softened;
use super::findings::{Findings, Pass, Sense};
use super::query::{Keeps, Layer, Query, all, any, greatest, listed, named, sum};
use crate::criteria::{NeedIndex, NeedSet, Needs, RuleSet};
use crate::ladder::Rank;

/// The counting of one rule set.
pub(super) struct Counted<'a> {
    pub rules: &'a RuleSet,
    pub softened: &'a Softened,
}

/// What is counted: the needs of a group of owners in a sense, at a rank or above.
type Count = (usize, Sense, Rank);

const COUNTS: &str = "How many needs there are at a level or above, in the groups that thresholds tell apart.";
const THRESHOLDS: &str = "The thresholds that are reached, and those that would be without material hardship.";
const LEVELS: &str = "The level before modifiers, and what it would be without material hardship.";
const LEVEL: &str = "The level in both passes, after at most so many steps of modifiers.";

impl Counted<'_> {
    /// Adds the layers up to the level.
    pub fn level(&self, keys: usize, query: &mut Query) {
        self.counts(keys, query);
        self.thresholds(query);
        self.base(keys, query);
        self.steps(query);
    }

    fn findings(&self) -> Findings<'_> {
        Findings { rules: self.rules, softened: self.softened }
    }

    /// The parts of thresholds, in the senses in which they are counted.
    fn senses(&self, threshold: usize) -> BTreeSet<Sense> {
        // Only a modifier asks what would stand without hardship.
        let of_modifiers = (self.steps_at_most() > 0).then_some(Sense::Firm);
        std::iter::once(self.level_sense(threshold)).chain(of_modifiers).collect()
    }

    fn level_sense(&self, threshold: usize) -> Sense {
        if self.rules.leaves_out_hardship(&self.rules.thresholds[threshold]) { Sense::Firm } else { Sense::Any }
    }

    /// More steps than there are levels make none.
    fn steps_at_most(&self) -> u8 {
        self.rules.modifiers.steps_at_most.min(self.rules.ladder.highest())
    }

    /// The owners of needs in groups, each in the same domains and groups of domains; those that may be material hardship
    /// apart, so that the others are counted once for both senses.
    fn groups(&self) -> Vec<Vec<NeedIndex>> {
        let parts = self.rules.thresholds.iter().flat_map(|threshold| &threshold.needs);
        let of_parts = parts.filter_map(|part| part.groups.as_ref()).flat_map(|(_, groups)| groups);
        let sets: Vec<&NeedSet> = self.rules.needs_of_domains().iter().chain(of_parts).collect();
        let mut groups: BTreeMap<Vec<bool>, Vec<NeedIndex>> = BTreeMap::new();
        for owner in self.findings().owners() {
            let may_be_hardship = self.findings().may_be_hardship(owner);
            let within = sets.iter().map(|set| set.contains(owner)).chain([may_be_hardship]);
            groups.entry(within.collect()).or_default().push(owner);
        }
        groups.into_values().collect()
    }

    /// In which sense the needs of a group are counted.
    fn sense_of(&self, owners: &[NeedIndex], sense: Sense) -> Sense {
        let may_be_hardship = owners.first().is_some_and(|owner| self.findings().may_be_hardship(*owner));
        if may_be_hardship { sense } else { Sense::Any }
    }

    fn counts(&self, keys: usize, query: &mut Query) {
        let groups = self.groups();
        let mut wanted: BTreeSet<Count> = BTreeSet::new();
        for (place, threshold) in self.rules.thresholds.iter().enumerate() {
            for (sense, part) in
                self.senses(place).iter().flat_map(|sense| threshold.needs.iter().map(|part| (*sense, part)))
            {
                let each = groups.iter().enumerate();
                wanted.extend(each.map(|(group, owners)| (group, self.sense_of(owners, sense), part.at)));
            }
        }
        let findings = self.findings();
        let mut layer = Layer::default();
        layer.keep_row(keys);
        for name in ["criteria_met", "floor__least", "floor__most", "modifiers__least", "modifiers__most"] {
            layer.keep(name);
        }
        findings.lapses(query).into_iter().for_each(|column| layer.keep(column));
        for (count, pass) in wanted.iter().flat_map(|count| Pass::BOTH.map(|pass| (*count, pass))) {
            let (group, sense, at) = count;
            let each = groups[group].iter().map(|owner| {
                let need = query.name(&findings.need_column(*owner, sense, pass));
                format!("CASE WHEN {need} >= {at} THEN 1 ELSE 0 END")
            });
            layer.add(counted(count, pass), sum(&each.collect::<Vec<_>>()));
        }
        query.push("counts", COUNTS, Keeps::OnlyNamed, &layer, None);
    }

    /// Whether one part of a threshold is met.
    fn is_met(&self, part: &Needs, sense: Sense, pass: Pass, groups: &[Vec<NeedIndex>], query: &Query) -> String {
        let count = |of: &dyn Fn(NeedIndex) -> bool| {
            // A group is within a set or beside it, so its first owner says which.
            let within = groups.iter().enumerate().filter(|(_, owners)| owners.first().is_some_and(|owner| of(*owner)));
            let columns = within
                .map(|(group, owners)| query.name(&counted((group, self.sense_of(owners, sense), part.at), pass)));
            sum(&columns.collect::<Vec<_>>())
        };
        let in_some = |sets: &[NeedSet]| {
            let each = sets
                .iter()
                .map(|set| format!("CASE WHEN {} > 0 THEN 1 ELSE 0 END", count(&|owner| set.contains(owner))));
            sum(&each.collect::<Vec<_>>())
        };
        let mut parts = vec![format!("{} >= {}", count(&|_| true), part.at_least)];
        parts.extend(part.domains.map(|domains| format!("{} >= {domains}", in_some(self.rules.needs_of_domains()))));
        parts.extend(part.groups.as_ref().map(|(least, sets)| format!("{} >= {least}", in_some(sets))));
        all(&parts)
    }

    fn thresholds(&self, query: &mut Query) {
        let groups = self.groups();
        let conditions = Conditions { rules: self.rules, dialect: query.dialect };
        let mut layer = Layer::default();
        for (place, threshold) in self.rules.thresholds.iter().enumerate() {
            for pass in Pass::BOTH {
                let reached = |sense| {
                    let each = threshold.needs.iter().map(|part| self.is_met(part, sense, pass, &groups, query));
                    all(&each.collect::<Vec<_>>())
                };
                let found = format!("{} > 0", query.name(&modifiers(pass)));
                let mut parts = vec![reached(self.level_sense(place))];
                // What makes a threshold lapse has no effect while a modifier is found.
                parts.extend(threshold.unless.as_ref().map(|unless| {
                    any(&[format!("NOT {}", query.name(&self.softened.column(conditions, unless))), found.clone()])
                }));
                layer.add(named(&threshold.id, place, pass.word()), all(&parts));
                if self.steps_at_most() > 0 {
                    let firm = all(&[found, reached(self.level_sense(place)), reached(Sense::Firm)]);
                    layer.add(named(&threshold.id, place, &format!("firm__{}", pass.word())), firm);
                }
            }
        }
        if !layer.is_empty() {
            query.push("thresholds", THRESHOLDS, Keeps::All, &layer, None);
        }
    }

    fn base(&self, keys: usize, query: &mut Query) {
        let mut layer = Layer::default();
        layer.keep_row(keys);
        layer.keep("criteria_met");
        let thresholds = || self.rules.thresholds.iter().enumerate();
        let reached = thresholds().map(|(place, threshold)| {
            let column = query.name(&named(&threshold.id, place, Pass::Least.word()));
            format!("CASE WHEN {column} THEN {} END", query.dialect.text(&threshold.id))
        });
        layer.add("thresholds_reached", listed(&reached.collect::<Vec<_>>()));
        for pass in Pass::BOTH {
            layer.keep(modifiers(pass));
            let over = |what: &str| {
                let each = thresholds().map(|(place, threshold)| {
                    let column = query.name(&named(&threshold.id, place, &format!("{what}{}", pass.word())));
                    format!("CASE WHEN {column} THEN {} ELSE 0 END", threshold.reaches)
                });
                let floor = query.name(&format!("floor__{}", pass.word()));
                greatest(None, std::iter::once(floor).chain(each).collect())
            };
            layer.add(format!("base__{}", pass.word()), over(""));
            if self.steps_at_most() > 0 {
                layer.add(format!("firm__{}", pass.word()), over("firm__"));
            }
        }
        query.push("levels", LEVELS, Keeps::OnlyNamed, &layer, None);
    }

    fn steps(&self, query: &mut Query) {
        let mut layer = Layer::default();
        let highest = self.rules.ladder.highest();
        for pass in Pass::BOTH {
            let base = query.name(&format!("base__{}", pass.word()));
            let level = if self.steps_at_most() > 0 {
                let firm = query.name(&format!("firm__{}", pass.word()));
                let found = query.name(&modifiers(pass));
                // Hardship must not help across its line by a step either, nor stand in the way of one.
                let base = self.stepped(&base, &found, self.rules.hardship_line());
                format!("GREATEST({base}, {})", self.stepped(&firm, &found, Rank::MAX))
            } else {
                base
            };
            layer.add(format!("level__{}", pass.word()), format!("LEAST({level}, {highest})"));
        }
        query.push("level", LEVEL, Keeps::All, &layer, None);
    }

    /// A level after the steps of the modifiers found; none leads to a level that is `below` or above.
    fn stepped(&self, level: &str, found: &str, below: Rank) -> String {
        let after = |mut rank: Rank, steps: u8| {
            for _ in 0..steps {
                if !self.rules.modifier_steps_from(rank) || rank + 1 >= below {
                    break;
                }
                rank += 1;
            }
            rank
        };
        let mut text = "CASE".to_owned();
        for steps in (1..=self.steps_at_most()).rev() {
            let moved = (1..=self.rules.ladder.highest()).filter(|rank| after(*rank, steps) != *rank);
            let moved: String = moved.map(|rank| format!(" WHEN {rank} THEN {}", after(rank, steps))).collect();
            let then =
                if moved.is_empty() { level.to_owned() } else { format!("CASE {level}{moved} ELSE {level} END") };
            text.push_str(&format!(" WHEN {found} >= {steps} THEN {then}"));
        }
        format!("{text} ELSE {level} END")
    }
}

fn counted((group, sense, at): Count, pass: Pass) -> String {
    let sense = if sense == Sense::Firm { "firm" } else { "any" };
    format!("count__{group}__{sense}__{at}__{}", pass.word())
}

fn modifiers(pass: Pass) -> String {
    format!("modifiers__{}", pass.word())
}
