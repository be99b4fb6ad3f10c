//! What of each entry of a rule set can be otherwise. Words, sources and what only a form shows are left as they are.

use std::collections::BTreeMap;

use super::change::{Changes, items, keys, under};
use super::conditions::Choices;
use super::{Kind, Mutant, scripts};
use crate::criteria::RuleFile;
use crate::criteria::yaml::{Document, Laid, Source};

/// Every mutant of the files of a rules folder, by file and place.
pub fn mutants(files: &[RuleFile]) -> Vec<Mutant> {
    let texts = files.iter().filter_map(|file| Some((file.path.as_str(), std::str::from_utf8(&file.bytes).ok()?)));
    let texts: BTreeMap<&str, &str> = texts.filter(|(path, _)| !path.ends_with("_test.yaml")).collect();
    let laid: BTreeMap<&str, Laid> = texts.iter().filter_map(|(path, text)| Some((*path, laid(path, text)?))).collect();
    let topics = || laid.iter().filter(|(path, _)| path.starts_with("criteria/"));
    let choices = topics().flat_map(|(path, laid)| choices(texts[path], laid)).collect();
    let mut mutants = Vec::new();
    for (file, text) in &texts {
        let source = Source { file, text };
        if let Some(name) = file.strip_prefix("scripts/").and_then(|name| name.strip_suffix(".rhai")) {
            scripts::mutants(&mut Changes { source, id: name.to_owned(), mutants: &mut mutants });
        }
        let Some(laid) = laid.get(file) else { continue };
        let mut entries = Entries { source, choices: &choices, mutants: &mut mutants };
        match *file {
            "framework.yaml" => entries.framework(laid),
            "thresholds.yaml" => entries.thresholds(laid),
            "actions.yaml" => entries.actions(laid),
            file if file.starts_with("criteria/") => entries.topic(laid),
            _ => {}
        }
    }
    mutants.sort_by(|one, other| one.place.cmp(&other.place).then(one.says.cmp(&other.says)));
    mutants
}

fn laid(file: &str, text: &str) -> Option<Laid> {
    if !file.ends_with(".yaml") {
        return None;
    }
    Document::read(Source { file, text }, &mut Vec::new())?.laid_out()
}

fn text_of<'t>(text: &'t str, laid: &Laid) -> &'t str {
    text.get(laid.span.clone()).unwrap_or_default()
}

/// The answers of each choice of a topic.
fn choices(text: &str, topic: &Laid) -> Choices {
    let choice = |indicator: &Laid| {
        let answers = keys(under(indicator, "answers")?).iter().map(|answer| answer.name.clone()).collect();
        Some((text_of(text, under(indicator, "id")?).to_owned(), answers))
    };
    items(under(topic, "indicators")).filter_map(choice).collect()
}

/// The entries of one file.
struct Entries<'f, 'm> {
    source: Source<'f>,
    choices: &'m Choices,
    mutants: &'m mut Vec<Mutant>,
}

impl<'f> Entries<'f, '_> {
    fn entry<'e>(&'e mut self, id: &str) -> Changes<'f, 'e> {
        Changes { source: self.source, id: id.to_owned(), mutants: self.mutants }
    }

    fn id(&self, entry: &Laid) -> &'f str {
        under(entry, "id").map_or("", |id| text_of(self.source.text, id))
    }

    fn topic(&mut self, laid: &Laid) {
        let choices = self.choices;
        for entry in items(under(laid, "indicators")) {
            let mut changes = self.entry(self.id(entry));
            let both_sides = under(entry, "if_yes").is_some() && under(entry, "if_no").is_some();
            for key in keys(entry) {
                match key.name.as_str() {
                    "presume" => changes.without(Kind::Presumption, key),
                    "core" | "protects" | "circumstance" => changes.flip(Kind::Presumption, key),
                    "asked_when" => {
                        changes.without(Kind::Gate, key);
                        let before = changes.mutants.len();
                        changes.condition(&key.value, choices);
                        changes.mutants.iter_mut().skip(before).for_each(|mutant| mutant.kind = Kind::Gate);
                    }
                    "counts_with" => changes.without(Kind::Contribution, key),
                    "if_yes" | "if_no" => {
                        if !both_sides {
                            let other = if key.name == "if_yes" { "if_no" } else { "if_yes" };
                            changes.renamed(Kind::Negation, key, other);
                        }
                        gives(&mut changes, &key.value, choices);
                    }
                    "answers" => keys(&key.value).iter().for_each(|one| gives(&mut changes, &one.value, choices)),
                    "bands" => items(Some(&key.value)).for_each(|band| {
                        let bounds = ["at_least", "above", "at_most", "below"];
                        let bounds = keys(band).iter().filter(|key| bounds.contains(&key.name.as_str()));
                        bounds.for_each(|key| changes.one_off(Kind::Bound, key));
                        gives(&mut changes, band, choices);
                    }),
                    _ => {}
                }
            }
        }
        for entry in items(under(laid, "criteria")) {
            let mut changes = self.entry(self.id(entry));
            for key in keys(entry) {
                match key.name.as_str() {
                    "when" => changes.condition(&key.value, choices),
                    "gives" => gives(&mut changes, &key.value, choices),
                    "counts_with" => changes.without(Kind::Contribution, key),
                    _ => {}
                }
            }
        }
    }

    fn thresholds(&mut self, laid: &Laid) {
        let choices = self.choices;
        for entry in items(under(laid, "thresholds")) {
            let mut changes = self.entry(self.id(entry));
            for key in keys(entry) {
                match key.name.as_str() {
                    "reaches" => changes.one_off(Kind::Level, key),
                    "needs" => {
                        changes.without_each(Kind::Part, key, false);
                        for key in items(Some(&key.value)).flat_map(keys) {
                            let is_level = key.name == "at";
                            changes.one_off(if is_level { Kind::Level } else { Kind::Bound }, key);
                            if matches!(key.name.as_str(), "domains" | "groups") {
                                changes.without(Kind::Part, key);
                            }
                        }
                    }
                    "unless" => {
                        changes.without(Kind::Part, key);
                        changes.condition(&key.value, choices);
                    }
                    "consider" => changes.without_each(Kind::Contribution, key, true),
                    _ => {}
                }
            }
        }
        if let Some(modifiers) = under(laid, "modifiers") {
            let mut changes = self.entry("modifiers");
            for key in keys(modifiers) {
                match key.name.as_str() {
                    "steps_at_most" => changes.one_off(Kind::Bound, key),
                    "from" => changes.without_each(Kind::Level, key, true),
                    "instead" => items(Some(&key.value)).flat_map(keys).for_each(|key| match key.name.as_str() {
                        "at" => changes.one_off(Kind::Level, key),
                        _ => changes.without_each(Kind::Contribution, key, true),
                    }),
                    _ => {}
                }
            }
        }
        let hardship = under(laid, "hardship").map(keys).unwrap_or_default();
        let line = hardship.iter().find(|key| key.name == "never_reaches");
        line.into_iter().for_each(|key| self.entry("hardship").one_off(Kind::Level, key));
        for key in items(under(laid, "protection")).flat_map(keys).filter(|key| key.name == "cancels") {
            self.entry("protection").without_each(Kind::Contribution, key, true);
        }
        for entry in items(under(laid, "across_children")) {
            let mut changes = self.entry(self.id(entry));
            if let Some(need) = under(entry, "when_one_child_has").and_then(|when| under(when, "need")) {
                changes.need(need);
            }
            let others = under(entry, "every_other_child").map(keys).unwrap_or_default();
            others.iter().for_each(|key| changes.without_each(Kind::Contribution, key, true));
        }
    }

    fn framework(&mut self, laid: &Laid) {
        for entry in items(under(laid, "levels")) {
            let rank = under(entry, "rank").map_or("", |rank| text_of(self.source.text, rank));
            level(&mut self.entry(&format!("level {rank}")), entry);
        }
        if let Some(urgency) = under(laid, "while_unsettled") {
            let before = self.mutants.len();
            level(&mut self.entry("while_unsettled"), urgency);
            // Whether a referral is settled rests on what is asked.
            self.mutants.iter_mut().skip(before).for_each(|mutant| mutant.kind = Kind::Gate);
        }
    }

    fn actions(&mut self, laid: &Laid) {
        for entry in items(under(laid, "actions")) {
            let mut changes = self.entry(self.id(entry));
            keys(entry).iter().filter(|key| key.name == "within").for_each(|key| changes.within(&key.value));
        }
        for entry in items(under(laid, "considerations")) {
            let mut changes = self.entry(self.id(entry));
            let until = keys(entry).iter().filter(|key| key.name == "until_level");
            until.for_each(|key| changes.one_off(Kind::Level, key));
        }
    }
}

/// A level, or what holds while none is settled.
fn level(changes: &mut Changes<'_, '_>, entry: &Laid) {
    for key in keys(entry) {
        match key.name.as_str() {
            "respond_within" => changes.within(&key.value),
            "actions" => changes.without_each(Kind::Contribution, key, true),
            _ => {}
        }
    }
}

/// What an answer, a band or a criterion gives.
fn gives(changes: &mut Changes<'_, '_>, laid: &Laid, choices: &Choices) {
    for key in keys(laid) {
        match key.name.as_str() {
            "floor" | "duty" | "counts" => {
                changes.one_off(Kind::Level, key);
                changes.without(Kind::Contribution, key);
                for other in ["floor", "duty", "counts"].into_iter().filter(|other| *other != key.name) {
                    changes.renamed(Kind::Contribution, key, other);
                }
            }
            "then" => changes.one_off(Kind::Level, key),
            "raises" | "hardship" => changes.flip(Kind::Contribution, key),
            "within" => changes.within(&key.value),
            "consider" | "actions" => changes.without_each(Kind::Contribution, key, true),
            "opens" => {
                let before = changes.mutants.len();
                changes.without_each(Kind::Contribution, key, true);
                changes.mutants.iter_mut().skip(before).for_each(|mutant| mutant.kind = Kind::Gate);
            }
            "unless" => changes.condition(&key.value, choices),
            _ => {}
        }
    }
}

impl Changes<'_, '_> {
    /// A time allowed: one unit more and less; an hour where it was at once.
    fn within(&mut self, laid: &Laid) {
        for key in keys(laid) {
            if key.name == "at_once" {
                let was = self.text(laid.span.clone());
                self.change(Kind::Timescale, laid.span.clone(), "{ hours: 1 }", was, Some("{ hours: 1 }"));
            } else {
                self.one_off(Kind::Timescale, key);
            }
        }
    }
}
