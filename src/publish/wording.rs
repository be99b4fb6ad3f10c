//! What each rule says, in the words of the threshold document: to read beside what it said before.

use std::collections::BTreeMap;

use serde::Serialize;

use super::blocks::Text;
use super::entries::{Told, capital, spaced};
use crate::criteria::{Needs, RuleSet, STATUTORY_PARTS, StatutoryPart};

/// What one rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wording {
    /// Its id.
    pub id: String,
    /// Its topic's title, or what kind of rule it is.
    pub topic: String,
    /// Its sentences.
    pub says: Vec<String>,
    /// The sources that it names.
    pub source: Vec<String>,
}

/// Every question, criterion, threshold and action, in the order of the document.
pub fn wordings(rules: &RuleSet) -> Vec<Wording> {
    let told = Told::of(rules);
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<Wording> = Vec::new();
    for entry in &told.entries {
        let topic = rules.topics.get(entry.topic).map_or("", |topic| &topic.title);
        let place = *by_id.entry(&entry.anchor.id).or_insert_with(|| {
            let source = source_of(rules, &entry.anchor.id);
            all.push(Wording { id: entry.anchor.id.clone(), topic: topic.to_owned(), says: Vec::new(), source });
            all.len() - 1
        });
        let (_, section) = entry.stands.section();
        let parts: Vec<String> = entry.found.iter().chain(&entry.also).map(Text::words).collect();
        all[place].says.push(format!("{}: {}", capital(&section), parts.join(". ")));
    }
    for indicator in rules.indicators.iter().filter(|one| !by_id.contains_key(one.id.as_str())) {
        let topic = rules.topics.get(indicator.topic).map_or("", |topic| &topic.title).to_owned();
        let says = [Some(&indicator.ask), indicator.hint.as_ref()].into_iter().flatten().cloned().collect();
        all.push(Wording { id: indicator.id.clone(), topic, says, source: indicator.source.clone() });
    }
    for threshold in &rules.thresholds {
        let needs = threshold.needs.iter().map(needs).collect::<Vec<_>>().join(", and ");
        let says = vec![
            threshold.says.clone(),
            format!("Level {}: {needs}", threshold.reaches),
            format!("Why these numbers: {}", threshold.reason),
        ];
        let (id, source) = (threshold.id.clone(), threshold.source.clone());
        all.push(Wording { id, topic: "Thresholds".to_owned(), says, source });
    }
    for action in &rules.actions {
        let due = action.within.map(|within| format!("Within: {within}"));
        let says = std::iter::once(action.says.clone()).chain(due).collect();
        all.push(Wording { id: action.id.clone(), topic: "Actions".to_owned(), says, source: action.source.clone() });
    }
    for level in rules.ladder().levels() {
        let id = format!("level_{}", level.rank);
        let says = vec![format!("{}: {}", level.name, level.means), format!("Lead: {}", level.lead)];
        let source = level.legal_basis.iter().cloned().collect();
        all.push(Wording { id, topic: "Levels".to_owned(), says, source });
    }
    all
}

fn needs(needs: &Needs) -> String {
    let domains = needs.domains.map(|many| format!(", in at least {many} domains")).unwrap_or_default();
    let groups = needs.groups.as_ref().map(|(many, _)| format!(", of at least {many} groups")).unwrap_or_default();
    let counted = if needs.at_least == 1 { "need" } else { "needs" };
    format!("at least {} {counted} at level {} or above{domains}{groups}", needs.at_least, needs.at)
}

fn source_of(rules: &RuleSet, id: &str) -> Vec<String> {
    let indicator = rules.indicators.iter().find(|one| one.id == id).map(|one| one.source.clone());
    let criterion = || rules.criteria.iter().find(|one| one.id == id).map(|one| one.source.clone());
    indicator.or_else(criterion).unwrap_or_default()
}

/// A clause of guidance, and the rules that follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// The word that rules name it by.
    pub word: String,
    /// What it stands for; none where the framework does not list it.
    pub says: Option<String>,
    /// The rules that name it, as one reads their ids.
    pub rules: Vec<String>,
}

/// Every clause that a framework lists or a rule names, those without a rule first; and the rules that name none.
pub fn clauses(rules: &RuleSet) -> (Vec<Clause>, Vec<String>) {
    let listed = rules.framework().sources.iter();
    let mut clauses: Vec<Clause> =
        listed.map(|(word, says)| Clause { word: word.clone(), says: Some(says.clone()), rules: Vec::new() }).collect();
    let mut without = Vec::new();
    for wording in wordings(rules).into_iter().filter(|wording| wording.topic != "Levels") {
        if wording.source.is_empty() {
            without.push(spaced(&wording.id));
        }
        for word in &wording.source {
            match clauses.iter_mut().find(|clause| clause.word == *word) {
                Some(clause) => clause.rules.push(spaced(&wording.id)),
                None => clauses.push(Clause { word: word.clone(), says: None, rules: vec![spaced(&wording.id)] }),
            }
        }
    }
    clauses.sort_by_key(|clause| !clause.rules.is_empty());
    (clauses, without)
}

/// What statutory guidance says that a threshold document must cover, and the rules that are about it.
pub fn covered(rules: &RuleSet) -> Vec<(&'static str, Vec<String>)> {
    let wordings = wordings(rules);
    let of = |part: &StatutoryPart| {
        let about = wordings.iter().filter(|wording| wording.says.iter().any(|says| part.is_in(says)));
        about.map(|wording| spaced(&wording.id)).collect()
    };
    STATUTORY_PARTS.iter().map(|part| (part.name, of(part))).collect()
}
