//! Which facts are considered, and what each is taken for: known, not known, or the least answer.

use std::collections::BTreeSet;

use super::conditions::Conditions;
use super::mapping::TableMapping;
use super::query::{Keeps, Layer, Query, all, any};
use super::told::{NOT_TOLD, cannot_be_read, is_spoken_of, raised_name};
use crate::criteria::{ClassSet, Condition, RuleSet};
use crate::facts::FactIndex;

/// The conditions on which something softens or lapses, each a column.
#[derive(Debug, Default)]
pub(super) struct Softened {
    values: Vec<String>,
}

impl Softened {
    /// The column of a condition.
    pub fn column(&self, conditions: Conditions<'_>, condition: &Condition) -> String {
        let value = conditions.softens(condition);
        name(self.values.iter().position(|known| *known == value).unwrap_or_default())
    }

    fn add(&mut self, value: String) {
        if !self.values.contains(&value) {
            self.values.push(value);
        }
    }
}

fn name(place: usize) -> String {
    format!("softened__{place}")
}

fn opened(topic: usize, round: usize) -> String {
    format!("opened__{topic}__{round}")
}

/// The column that says whether something cancels modifiers.
pub(super) fn cancelled(place: usize) -> String {
    format!("cancelled__{place}")
}

/// Adds the layers, of which the last says what each fact is taken for.
pub(super) fn considered(rules: &RuleSet, mapping: &TableMapping, query: &mut Query) -> Softened {
    let conditions = Conditions { rules, dialect: query.dialect };
    let mut considered = Considered { rules, conditions, rounds: vec![0; rules.topics.len()] };
    considered.given(mapping, query);
    considered.asked_opens(query);
    considered.more_is_opened(query);
    considered.answers(mapping.keys.len(), query)
}

struct Considered<'r> {
    rules: &'r RuleSet,
    conditions: Conditions<'r>,
    /// The last round that may have opened each topic.
    rounds: Vec<usize>,
}

impl Considered<'_> {
    /// The column that says whether a topic is open by now.
    fn opened(&self, topic: usize) -> String {
        self.conditions.dialect.name_of(&opened(topic, self.rounds[topic]))
    }

    /// What the answers given open, and the questions that they rule out.
    fn given(&self, mapping: &TableMapping, query: &mut Query) {
        let rules = self.rules;
        let mut layer = Layer::default();
        layer.add("cannot_be_read", cannot_be_read(rules, mapping, query));
        for topic in 0..rules.topics.len() {
            let mut opens = vec![query.name(&raised_name(rules, topic))];
            for (fact, indicator) in rules.indicators.iter().enumerate() {
                let classes = indicator.classes.iter().enumerate();
                let opening: ClassSet = classes
                    .filter(|(_, class)| class.opens.contains(topic))
                    .fold(0, |opening, (class, _)| opening | 1 << class);
                if opening != 0 {
                    opens.push(self.conditions.is_among(fact, opening));
                }
            }
            layer.add(opened(topic, 0), any(&opens));
        }
        for (fact, indicator) in rules.indicators.iter().enumerate() {
            if let Some(gate) = &indicator.asked_when {
                let name = query.name(&indicator.id);
                let closed = format!("({name} = {NOT_TOLD} AND ({}) IS FALSE)", self.conditions.asks(gate));
                layer.add(format!("ruled_out__{fact}"), closed);
            }
        }
        let topics = rules.topics.iter().enumerate();
        let topics: Vec<String> = topics.map(|(place, topic)| format!("{place} {}", topic.id)).collect();
        let says = format!(
            "What cannot be read; the topics that were raised, or that an answer opens; the questions that what is known \
             rules out.\nTopics: {}.",
            topics.join(", ")
        );
        query.push("given", &says, Keeps::All, &layer, None);
    }

    /// Whether a fact that is not known is considered, with the topics that are open by now.
    fn is_asked(&self, fact: FactIndex) -> String {
        let index = &self.rules.index;
        let name = self.conditions.name(fact);
        let everything = self.conditions.dialect.name_of("scope__all");
        let is_retired = index.retired.contains(fact);
        let is_always = index.core.contains(fact) || index.circumstances.contains(fact);
        let asked = match (is_retired, is_always) {
            (true, true) => format!("NOT {everything}"),
            (true, false) => all(&[format!("NOT {everything}"), is_spoken_of(&name)]),
            (false, true) => "TRUE".to_owned(),
            (false, false) => {
                let topic = self.opened(self.rules.indicators[fact].topic);
                any(&[everything, topic, is_spoken_of(&name)])
            }
        };
        if index.gated.contains(fact) {
            let ruled_out = self.conditions.dialect.name_of(&format!("ruled_out__{fact}"));
            return all(&[asked, format!("NOT {ruled_out}")]);
        }
        asked
    }

    /// Whether a fact that is not known may open topics by its greatest answer.
    fn may_open(&self, fact: FactIndex) -> bool {
        let index = &self.rules.index;
        let is_never = index.protective.or(&index.unordered).or(&index.retired).contains(fact);
        index.presumed.contains(fact) || !is_never
    }

    /// What the greatest answers to all that is asked would open.
    fn asked_opens(&mut self, query: &mut Query) {
        let mut layer = Layer::default();
        let mut opening = Vec::new();
        for topic in 0..self.rules.topics.len() {
            let mut opens = vec![self.opened(topic)];
            for (fact, indicator) in self.rules.indicators.iter().enumerate() {
                let opens_it = indicator.classes.last().is_some_and(|greatest| greatest.opens.contains(topic));
                if opens_it && self.may_open(fact) {
                    opens.push(all(&[format!("{} < 0", self.conditions.name(fact)), self.is_asked(fact)]));
                }
            }
            if opens.len() > 1 {
                opening.push(topic);
                layer.add(opened(topic, 1), any(&opens));
            }
        }
        opening.into_iter().for_each(|topic| self.rounds[topic] = 1);
        if !layer.is_empty() {
            let says = "The topics that the greatest answers to all that is asked would open.";
            query.push("opened_1", says, Keeps::All, &layer, None);
        }
    }

    /// The facts that are asked where their topic is open, and the other topics that they may open.
    fn leads(&self) -> Vec<(FactIndex, usize)> {
        let index = &self.rules.index;
        let always = index.core.or(&index.circumstances);
        let mut leads = Vec::new();
        for (fact, indicator) in self.rules.indicators.iter().enumerate() {
            if let Some(greatest) = indicator.classes.last()
                && self.may_open(fact)
                && !always.or(&index.retired).contains(fact)
            {
                let others = greatest.opens.iter().filter(|topic| *topic != indicator.topic);
                leads.extend(others.map(|topic| (fact, topic)));
            }
        }
        leads
    }

    /// What is opened then asks what may open more: once for each topic on the longest way from one to another.
    fn more_is_opened(&mut self, query: &mut Query) {
        let rules = self.rules;
        let leads = self.leads();
        let mut way = vec![1; rules.topics.len()];
        // In a circle the way grows for ever; none is longer than there are topics.
        for _ in 0..rules.topics.len() {
            for (fact, to) in &leads {
                way[*to] = way[*to].max(way[rules.indicators[*fact].topic] + 1).min(rules.topics.len());
            }
        }
        for round in 2..=way.into_iter().max().unwrap_or(1) {
            let mut layer = Layer::default();
            let to: BTreeSet<usize> = leads.iter().map(|(_, to)| *to).collect();
            for topic in &to {
                let mut opens = vec![self.opened(*topic)];
                for (fact, _) in leads.iter().filter(|(_, to)| to == topic) {
                    opens.push(all(&[format!("{} < 0", self.conditions.name(*fact)), self.is_asked(*fact)]));
                }
                layer.add(opened(*topic, round), any(&opens));
            }
            to.into_iter().for_each(|topic| self.rounds[topic] = round);
            let says = "The topics that what is asked then would open.";
            query.push(&format!("opened_{round}"), says, Keeps::All, &layer, None);
        }
    }

    /// What each fact is taken for, and what softens.
    fn answers(&self, keys: usize, query: &mut Query) -> Softened {
        let (rules, index) = (self.rules, &self.rules.index);
        let mut layer = Layer::default();
        layer.keep_row(keys);
        for (fact, indicator) in rules.indicators.iter().enumerate() {
            let name = query.name(&indicator.id);
            let presumed = index.presumptions.iter().find(|(presumed, _)| *presumed == fact);
            let taken = if let Some((_, presumed)) = presumed {
                format!("CASE WHEN {name} >= 0 THEN {name} ELSE {presumed} END")
            } else if index.unordered.contains(fact) {
                format!("GREATEST({name}, -1)")
            } else if index.protective.or(&index.retired).contains(fact) {
                format!("GREATEST({name}, 0)")
            } else {
                let asked = self.is_asked(fact);
                format!("CASE WHEN {name} >= 0 THEN {name} WHEN {asked} THEN NULL ELSE 0 END")
            };
            layer.add(&indicator.id, taken);
        }
        let mut softened = Softened::default();
        rules.lowering().for_each(|condition| softened.add(self.conditions.softens(condition)));
        for (place, value) in softened.values.iter().enumerate() {
            layer.add(name(place), value);
        }
        for (place, protection) in rules.protection.iter().enumerate() {
            layer.add(cancelled(place), format!("{} = 0", self.conditions.name(protection.fact)));
        }
        let says = "What each fact is taken for: its answer; NULL where it is considered and not known; what is presumed \
                    of it;\nelse its least answer, 0 (-1 where its answers have no order of concern). And on what was \
                    stated or is presumed: what softens.";
        query.push("answers", says, Keeps::OnlyNamed, &layer, None);
        softened
    }
}
