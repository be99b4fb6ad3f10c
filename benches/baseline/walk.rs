//! The straightforward way: typed entries as they stand in the files, answers in a map, conditions walked by name.
//!
//! It gives the level of the least pass only, without bounds, reasons or words: less than the engine does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use windscreen::criteria::entries::{
    Comparison, ConditionEntry, CriterionEntry, DomainEntry, GivesEntry, IndicatorEntry, Scalar, TestEntry,
    ThresholdsEntry, TopicEntry, Worse,
};

pub type Said = BTreeMap<String, Scalar>;

pub struct Walk {
    indicators: Vec<(IndicatorEntry, DomainEntry)>,
    criteria: Vec<(CriterionEntry, DomainEntry)>,
    thresholds: ThresholdsEntry,
    highest: u8,
}

struct Need {
    owner: String,
    domain: DomainEntry,
    rank: u8,
    hardship: bool,
    harm: bool,
}

impl Walk {
    pub fn load(folder: &Path, highest: u8) -> Self {
        let read = |path: &Path| fs::read_to_string(path).expect("the rules are there");
        let mut walk = Self {
            indicators: Vec::new(),
            criteria: Vec::new(),
            thresholds: serde_yaml::from_str(&read(&folder.join("thresholds.yaml"))).expect("checked rules"),
            highest,
        };
        let mut paths: Vec<_> =
            fs::read_dir(folder.join("criteria")).expect("criteria").flatten().map(|e| e.path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| !path.to_string_lossy().ends_with("_test.yaml")) {
            let mut topic: TopicEntry = serde_yaml::from_str(&read(path)).expect("checked rules");
            topic.criteria.iter_mut().for_each(|rule| twin(&mut rule.when));
            let domain = topic.domain;
            walk.indicators
                .extend(topic.indicators.into_iter().map(|fact| (fact.clone(), fact.domain.unwrap_or(domain))));
            walk.criteria.extend(topic.criteria.into_iter().map(|rule| (rule.clone(), rule.domain.unwrap_or(domain))));
        }
        walk
    }

    fn fact(&self, id: &str) -> Option<&IndicatorEntry> {
        self.indicators.iter().map(|(fact, _)| fact).find(|fact| fact.id == id)
    }

    fn criterion(&self, id: &str) -> Option<&CriterionEntry> {
        self.criteria.iter().map(|(rule, _)| rule).find(|rule| rule.id == id)
    }

    fn answer(&self, said: &Said, id: &str) -> Option<Scalar> {
        said.get(id).cloned().or_else(|| self.fact(id)?.presume.clone())
    }

    pub fn level(&self, said: &Said) -> u8 {
        let mut needs: Vec<Need> = Vec::new();
        let mut modifiers = 0;
        let mut floor = 1;
        for (fact, domain) in &self.indicators {
            let Some(answer) = said.get(&fact.id) else { continue };
            if let Some(gives) = gives(fact, answer) {
                let owner = fact.counts_with.clone().unwrap_or_else(|| fact.id.clone());
                self.give(&gives, owner, *domain, said, &mut needs, &mut floor, &mut modifiers);
            }
        }
        let layers: Vec<bool> = self.criteria.iter().map(|(rule, _)| self.looks_at_needs(&rule.when)).collect();
        for second in [false, true] {
            let holding: Vec<usize> = (0..self.criteria.len())
                .filter(|index| layers[*index] == second && self.criteria[*index].0.gives.is_some())
                .filter(|index| self.holds(&self.criteria[*index].0.when, said, &needs, &self.criteria[*index].0.when))
                .collect();
            for index in holding {
                let (rule, domain) = &self.criteria[index];
                let owner = rule.counts_with.clone().unwrap_or_else(|| rule.id.clone());
                let gives = rule.gives.clone().unwrap_or_default();
                self.give(&gives, owner, *domain, said, &mut needs, &mut floor, &mut modifiers);
            }
        }
        self.combine(said, &needs, floor, modifiers)
    }

    #[expect(clippy::too_many_arguments, reason = "the plain way has no type for what it gathers")]
    fn give(
        &self,
        gives: &GivesEntry,
        owner: String,
        domain: DomainEntry,
        said: &Said,
        needs: &mut Vec<Need>,
        floor: &mut u8,
        modifiers: &mut u8,
    ) {
        let softened = gives.unless.as_ref().is_some_and(|unless| self.holds(unless, said, needs, unless));
        let soften = |rank: Option<u8>| if softened && rank.is_some() { gives.then } else { rank };
        let hard = soften(gives.floor).or(soften(gives.duty));
        *floor = (*floor).max(hard.unwrap_or(1));
        *modifiers += u8::from(gives.raises);
        if let Some(rank) = hard.or(gives.counts) {
            needs.push(Need { owner, domain, rank, hardship: gives.hardship, harm: gives.floor.is_some() });
        }
    }

    fn combine(&self, said: &Said, needs: &[Need], floor: u8, modifiers: u8) -> u8 {
        let hardship_line = self.thresholds.hardship.as_ref().map_or(u8::MAX, |hardship| hardship.never_reaches);
        let base = |no_hardship: bool| {
            let mut base = floor;
            for threshold in &self.thresholds.thresholds {
                let lapsed = modifiers == 0
                    && threshold.unless.as_ref().is_some_and(|unless| self.holds(unless, said, needs, unless));
                let leave_out = no_hardship || threshold.reaches >= hardship_line;
                let reached = threshold.needs.iter().all(|part| {
                    let counted: Vec<&Need> =
                        needs.iter().filter(|need| need.rank >= part.at && !(leave_out && need.hardship)).collect();
                    let mut owners: Vec<&str> = counted.iter().map(|need| need.owner.as_str()).collect();
                    owners.sort_unstable();
                    owners.dedup();
                    let within = |domains: &[DomainEntry]| counted.iter().any(|need| domains.contains(&need.domain));
                    let all = [DomainEntry::Child, DomainEntry::Parenting, DomainEntry::Environment, DomainEntry::Harm];
                    let domains = all.iter().filter(|domain| within(&[**domain])).count();
                    let groups = self.thresholds.groups.values().filter(|group| within(group)).count();
                    owners.len() >= usize::from(part.at_least)
                        && domains >= usize::from(part.domains.unwrap_or(0))
                        && groups >= usize::from(part.groups.unwrap_or(0))
                });
                if reached && !lapsed {
                    base = base.max(threshold.reaches);
                }
            }
            base
        };
        let mut level = base(false);
        let mut without = base(true);
        let Some(rule) = &self.thresholds.modifiers else { return level };
        let mut steps = modifiers.min(rule.steps_at_most);
        while steps > 0 && rule.from.contains(&level) && !(level + 1 >= hardship_line && without < level) {
            level += 1;
            without += 1;
            steps -= 1;
        }
        level.min(self.highest)
    }

    fn looks_at_needs(&self, condition: &ConditionEntry) -> bool {
        match condition {
            ConditionEntry::All(parts) | ConditionEntry::Any(parts) => {
                parts.iter().any(|part| self.looks_at_needs(part))
            }
            ConditionEntry::Need(_) => true,
            ConditionEntry::Bare(id) => self.criterion(id).is_some_and(|rule| self.looks_at_needs(&rule.when)),
            _ => false,
        }
    }

    fn holds(&self, condition: &ConditionEntry, said: &Said, needs: &[Need], whole: &ConditionEntry) -> bool {
        match condition {
            ConditionEntry::All(parts) => parts.iter().all(|part| self.holds(part, said, needs, whole)),
            ConditionEntry::Any(parts) => parts.iter().any(|part| self.holds(part, said, needs, whole)),
            ConditionEntry::Not(part) => match part.as_ref() {
                ConditionEntry::Bare(id) => self.answer(said, id) == Some(Scalar::Bool(false)),
                ConditionEntry::Fact(id, TestEntry::YesNo(value)) => {
                    self.answer(said, id) == Some(Scalar::Bool(!value))
                }
                _ => false,
            },
            ConditionEntry::Bare(id) => match self.criterion(id) {
                Some(rule) => self.holds(&rule.when, said, needs, whole),
                None => self.answer(said, id) == Some(Scalar::Bool(true)),
            },
            ConditionEntry::Fact(id, test) => self
                .answer(said, id)
                .is_some_and(|answer| self.fact(id).is_some_and(|fact| passes(fact, &answer, test))),
            ConditionEntry::Stated(part) => match part.as_ref() {
                ConditionEntry::Bare(id) => said.get(id) == Some(&Scalar::Bool(true)),
                ConditionEntry::Fact(id, test) => {
                    said.get(id).is_some_and(|answer| self.fact(id).is_some_and(|fact| passes(fact, answer, test)))
                }
                _ => false,
            },
            ConditionEntry::Need(wanted) => {
                let mut own = Vec::new();
                self.reads(whole, &mut own);
                needs.iter().any(|need| {
                    need.rank >= wanted.at
                        && (need.harm || !wanted.harm)
                        && wanted.domains.as_ref().is_none_or(|domains| domains.contains(&need.domain))
                        && !wanted.besides.contains(&need.owner)
                        && !own.contains(&need.owner)
                })
            }
            ConditionEntry::Script(_) => unreachable!("scripts were replaced by their twins at load"),
        }
    }

    fn reads(&self, condition: &ConditionEntry, found: &mut Vec<String>) {
        match condition {
            ConditionEntry::All(parts) | ConditionEntry::Any(parts) => {
                parts.iter().for_each(|part| self.reads(part, found))
            }
            ConditionEntry::Not(part) | ConditionEntry::Stated(part) => self.reads(part, found),
            ConditionEntry::Bare(id) | ConditionEntry::Fact(id, _) => match self.criterion(id) {
                Some(rule) => self.reads(&rule.when, found),
                None => {
                    let owner = self.fact(id).and_then(|fact| fact.counts_with.clone());
                    found.push(owner.unwrap_or_else(|| id.clone()));
                }
            },
            ConditionEntry::Need(_) | ConditionEntry::Script(_) => {}
        }
    }
}

/// A walk cannot run scripts cheaply, so it is given their twins.
fn twin(when: &mut ConditionEntry) {
    if let ConditionEntry::Script(script) = when {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/script_twins");
        let text = fs::read_to_string(folder.join(format!("{}.yaml", script.name))).expect("every script has a twin");
        *when = serde_yaml::from_str(&text).expect("a condition");
    }
}

fn gives(fact: &IndicatorEntry, answer: &Scalar) -> Option<GivesEntry> {
    match answer {
        Scalar::Bool(true) => fact.if_yes.clone(),
        Scalar::Bool(false) => fact.if_no.clone(),
        Scalar::Word(word) => fact.answers.as_ref()?.get(word).cloned(),
        Scalar::Number(number) => {
            let number = *number;
            let holds = |band: &&windscreen::criteria::entries::BandEntry| {
                band.at_least.is_none_or(|limit| number >= limit)
                    && band.above.is_none_or(|limit| number > limit)
                    && band.at_most.is_none_or(|limit| number <= limit)
                    && band.below.is_none_or(|limit| number < limit)
            };
            fact.bands.iter().rfind(holds).map(windscreen::criteria::entries::BandEntry::gives)
        }
    }
}

fn passes(fact: &IndicatorEntry, answer: &Scalar, test: &TestEntry) -> bool {
    let TestEntry::Compare(Comparison { is, one_of, at_least, at_most, above, below }) = test else {
        return matches!((answer, test), (Scalar::Bool(a), TestEntry::YesNo(b)) if a == b);
    };
    let place = |value: &Scalar| match value {
        Scalar::Number(number) => Some(*number),
        Scalar::Bool(value) => Some(i64::from(*value)),
        Scalar::Word(word) if word == "never" => fact.number.map(|number| match number.worse {
            Worse::Higher => i64::MIN,
            Worse::Lower => i64::MAX,
        }),
        Scalar::Word(word) => {
            let position = fact.answers.as_ref()?.keys().position(|key| key == word)?;
            i64::try_from(position).ok()
        }
    };
    let compare = |limit: &Option<Scalar>, fine: fn(i64, i64) -> bool| {
        limit.as_ref().is_none_or(|limit| matches!((place(answer), place(limit)), (Some(a), Some(b)) if fine(a, b)))
    };
    is.as_ref().is_none_or(|is| is == answer)
        && one_of.as_ref().is_none_or(|list| list.contains(answer))
        && compare(at_least, |a, b| a >= b)
        && compare(at_most, |a, b| a <= b)
        && compare(above, |a, b| a > b)
        && compare(below, |a, b| a < b)
}
