//! The draft: every file read and every entry typed on its own, with the text it came from.
//!
//! What cannot be typed is told once; whatever names it elsewhere is not told again.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use validator::Validate;

use super::entries::{
    AcrossChildrenEntry, ActionEntry, ActionsEntry, CodeListEntry, CodeListsEntry, ColumnEntry, ConsiderationEntry,
    CriterionEntry, ExpectedEntry, FrameworkEntry, GuaranteeEntry, GuaranteesEntry, IndicatorEntry, LettersEntry,
    LevelWordsEntry, MappingEntry, NeedWordsEntry, StageEntry, ThresholdEntry, ThresholdsEntry, Timescale, TopicEntry,
};
use super::yaml::{Document, Entry, Source, Step};
use crate::diagnostic::{Diagnostic, Place, nearest};
use crate::ladder::LevelOfNeed;

/// The files that there is one of.
const FILES: [&str; 6] =
    ["framework.yaml", "thresholds.yaml", "actions.yaml", "code_lists.yaml", "letters.yaml", GUARANTEES];

/// The file of what a board wants to be certain of, read only where that is asked.
pub(super) const GUARANTEES: &str = "guarantees.yaml";

/// An entry as typed, with the text it came from.
#[derive(Debug)]
pub(super) struct Placed<'a, T> {
    pub value: T,
    pub entry: Entry<'a>,
}

impl<T> Placed<'_, T> {
    pub fn place(&self, path: &[Step<'_>]) -> Option<Place> {
        Some(self.entry.place(path))
    }
}

/// A topic's file.
#[derive(Debug)]
pub(super) struct TopicDraft<'a> {
    pub head: Placed<'a, TopicEntry>,
    pub indicators: Vec<Placed<'a, IndicatorEntry>>,
    pub criteria: Vec<Placed<'a, CriterionEntry>>,
}

/// A mapping's file.
#[derive(Debug)]
pub(super) struct MappingDraft<'a> {
    pub head: Placed<'a, MappingEntry>,
    pub columns: Vec<Placed<'a, ColumnEntry>>,
    /// Whether some column could not be typed, so that what seems to be missing may stand in it.
    pub unread: bool,
}

/// Every entry of a folder, typed.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub framework: Placed<'a, FrameworkEntry>,
    pub levels: Vec<Placed<'a, LevelOfNeed>>,
    pub timescales: Vec<Placed<'a, Timescale>>,
    /// In the order that the framework gives.
    pub topics: Vec<TopicDraft<'a>>,
    pub thresholds_head: Placed<'a, ThresholdsEntry>,
    pub thresholds: Vec<Placed<'a, ThresholdEntry>>,
    pub across_children: Vec<Placed<'a, AcrossChildrenEntry>>,
    pub actions: Vec<Placed<'a, ActionEntry>>,
    pub considerations: Vec<Placed<'a, ConsiderationEntry>>,
    pub code_lists: Vec<Placed<'a, CodeListEntry>>,
    /// None where the folder has no `letters.yaml`.
    pub letters: Option<Placed<'a, LettersEntry>>,
    pub level_words: Vec<Placed<'a, LevelWordsEntry>>,
    pub need_words: Vec<Placed<'a, NeedWordsEntry>>,
    pub stages: Vec<Placed<'a, StageEntry>>,
    /// In the order of their names.
    pub mappings: Vec<MappingDraft<'a>>,
    pub guarantees: Vec<Placed<'a, GuaranteeEntry>>,
    pub expected: Vec<Placed<'a, ExpectedEntry>>,
    pub scripts: BTreeMap<&'a str, Source<'a>>,
    /// Ids of entries that could not be typed: told once, and not again wherever they are named.
    pub broken: BTreeSet<String>,
    /// Whether some topic's file could not be read at all, so that an unknown name may stand in it.
    pub unread: bool,
}

impl<'a> Draft<'a> {
    /// `known` are files that were read before; `unreadable` those that are there and are not text.
    pub fn read(
        texts: &BTreeMap<&'a str, &'a str>,
        known: &Documents<'a>,
        unreadable: &BTreeSet<&str>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let mut reader = Reader { known, broken: BTreeSet::new(), unread: !unreadable.is_empty(), problems };
        let mut framework_file = reader.file(texts, "framework.yaml", true);
        let mut thresholds_file = reader.file(texts, "thresholds.yaml", true);
        let mut actions_file = reader.file(texts, "actions.yaml", true);
        let mut code_lists_file = reader.file(texts, "code_lists.yaml", false);
        let mut letters_file = reader.file(texts, "letters.yaml", false);
        let mut guarantees_file = reader.file(texts, GUARANTEES, false);

        let levels = reader.list(framework_file.as_mut(), "levels");
        let timescales = reader.list(framework_file.as_mut(), "timescales");
        let framework: Option<Placed<'a, FrameworkEntry>> = reader.head(framework_file.as_ref());
        let thresholds = reader.list(thresholds_file.as_mut(), "thresholds");
        let across_children = reader.list(thresholds_file.as_mut(), "across_children");
        let thresholds_head = reader.head(thresholds_file.as_ref());
        let actions = reader.list(actions_file.as_mut(), "actions");
        let considerations = reader.list(actions_file.as_mut(), "considerations");
        let _: Option<Placed<'a, ActionsEntry>> = reader.head(actions_file.as_ref());
        let code_lists = reader.list(code_lists_file.as_mut(), "lists");
        let _: Option<Placed<'a, CodeListsEntry>> = reader.head(code_lists_file.as_ref());
        let level_words = reader.list(letters_file.as_mut(), "levels");
        let need_words = reader.list(letters_file.as_mut(), "needs");
        let stages = reader.list(letters_file.as_mut(), "disagreement");
        let letters = reader.head(letters_file.as_ref());
        let guarantees = reader.list(guarantees_file.as_mut(), "guarantees");
        let expected = reader.list(guarantees_file.as_mut(), "expected");
        let _: Option<Placed<'a, GuaranteesEntry>> = reader.head(guarantees_file.as_ref());

        let mut topics = BTreeMap::new();
        let mut scripts = BTreeMap::new();
        let mut mappings = Vec::new();
        for (&path, &text) in texts {
            if let Some(name) = path.strip_prefix("scripts/").and_then(|name| name.strip_suffix(".rhai")) {
                scripts.insert(name, Source { file: path, text });
            } else if let Some(name) = path.strip_prefix("criteria/").and_then(|name| name.strip_suffix(".yaml")) {
                let topic = reader.topic(texts, path);
                reader.unread |= topic.is_none();
                topics.extend(topic.map(|topic| (name, topic)));
            } else if path.strip_prefix("mappings/").is_some_and(|name| name.ends_with(".yaml")) {
                mappings.extend(reader.mapping(texts, path));
            } else if !FILES.contains(&path) {
                let place = Place { file: path.to_owned(), line: 1, column: 1, length: 1, excerpt: String::new() };
                let message = "this file is no part of a rule set, and nothing reads it";
                let help = "rules are framework.yaml, thresholds.yaml, actions.yaml, code_lists.yaml, letters.yaml, \
                            criteria/TOPIC.yaml, scripts/NAME.rhai and mappings/NAME.yaml; move it out, or correct its name";
                reader.problems.push(Diagnostic::error("stray-file", message).at(Some(place)).help(help));
            }
        }
        let framework = framework?;
        let there = |path: &str| texts.contains_key(path) || unreadable.contains(path);
        let unlisted = topics.keys().any(|name| !framework.value.topics.iter().any(|listed| listed == name));
        let topics = in_form_order(&framework, topics, &there, reader.problems);
        Some(Self {
            levels,
            timescales,
            topics,
            thresholds_head: thresholds_head?,
            thresholds,
            across_children,
            actions,
            considerations,
            code_lists,
            letters,
            level_words,
            need_words,
            stages,
            mappings,
            guarantees,
            expected,
            scripts,
            broken: reader.broken,
            unread: reader.unread || unlisted,
            framework,
        })
    }

    /// Every indicator in dense order, with its topic's place.
    pub fn indicators(&self) -> impl Iterator<Item = (usize, &Placed<'a, IndicatorEntry>)> {
        self.topics
            .iter()
            .enumerate()
            .flat_map(|(topic, draft)| draft.indicators.iter().map(move |entry| (topic, entry)))
    }

    /// Every criterion in file order, with its topic's place.
    pub fn criteria(&self) -> impl Iterator<Item = (usize, &Placed<'a, CriterionEntry>)> {
        self.topics.iter().enumerate().flat_map(|(topic, draft)| draft.criteria.iter().map(move |entry| (topic, entry)))
    }
}

/// Sorts topics as the framework lists them, and tells what is missing on either side.
fn in_form_order<'a>(
    framework: &Placed<'a, FrameworkEntry>,
    mut files: BTreeMap<&'a str, TopicDraft<'a>>,
    there: &impl Fn(&str) -> bool,
    problems: &mut Vec<Diagnostic>,
) -> Vec<TopicDraft<'a>> {
    let mut topics = Vec::new();
    for (index, name) in framework.value.topics.iter().enumerate() {
        if let Some(topic) = files.remove(name.as_str()) {
            topics.push(topic);
        } else if !there(&format!("criteria/{name}.yaml")) || framework.value.topics[..index].contains(name) {
            let place = framework.place(&["topics".into(), index.into()]);
            let problem = if framework.value.topics[..index].contains(name) {
                Diagnostic::error("duplicate-id", format!("topic `{name}` is listed twice"))
            } else {
                Diagnostic::error("missing-file", format!("topic `{name}` has no file `criteria/{name}.yaml`"))
                    .suggest(name, files.keys().copied())
            };
            problems.push(problem.at(place));
        }
    }
    for (name, topic) in files {
        let message = format!("topic `{name}` is not listed under `topics` in framework.yaml, so no form asks it");
        let problem = Diagnostic::error("unlisted-topic", message).at(topic.head.place(&["topic".into()]));
        problems.push(match nearest(name, framework.value.topics.iter().map(String::as_str)) {
            Some(near) => problem.help(format!("`{near}` is listed there")),
            None => problem.help(format!("add `{name}` where the form should ask it")),
        });
    }
    topics
}

/// Files that were read, by path.
pub(super) type Documents<'f> = BTreeMap<&'f str, Document<'f>>;

struct Reader<'p, 'k> {
    known: &'p Documents<'k>,
    broken: BTreeSet<String>,
    /// Whether some file or list could not be read at all.
    unread: bool,
    problems: &'p mut Vec<Diagnostic>,
}

impl<'k> Reader<'_, 'k> {
    fn file<'a>(&mut self, texts: &BTreeMap<&'a str, &'a str>, path: &'a str, needed: bool) -> Option<Document<'a>>
    where
        'k: 'a,
    {
        let Some((&file, &text)) = texts.get_key_value(path) else {
            if needed {
                let message = format!("the folder has no `{path}`");
                let help = "a rule set is a folder with framework.yaml, thresholds.yaml, actions.yaml and criteria/";
                self.problems.push(Diagnostic::error("missing-file", message).help(help));
            }
            return None;
        };
        match self.known.get(path).filter(|known| known.head().source.text == text) {
            Some(known) => Some(known.clone()),
            None => Document::read(Source { file, text }, self.problems),
        }
    }

    fn head<'a, T: DeserializeOwned + Validate>(&mut self, file: Option<&Document<'a>>) -> Option<Placed<'a, T>> {
        let entry = file?.head().clone();
        let value = entry.typed(self.problems)?;
        Some(Placed { value, entry })
    }

    fn list<'a, T>(&mut self, file: Option<&mut Document<'a>>, key: &str) -> Vec<Placed<'a, T>>
    where
        T: DeserializeOwned + Validate,
    {
        let before = self.problems.len();
        let entries = file.map(|file| file.take_list(key, self.problems)).unwrap_or_default();
        self.unread |= self.problems.len() > before;
        let typed = entries.into_iter().filter_map(|entry| match entry.typed(self.problems) {
            Some(value) => Some(Placed { value, entry }),
            None => {
                self.broken.extend(entry.text("id").map(str::to_owned));
                None
            }
        });
        typed.collect()
    }

    fn topic<'a>(&mut self, texts: &BTreeMap<&'a str, &'a str>, path: &'a str) -> Option<TopicDraft<'a>>
    where
        'k: 'a,
    {
        let mut file = self.file(texts, path, true)?;
        let indicators = self.list(Some(&mut file), "indicators");
        let criteria = self.list(Some(&mut file), "criteria");
        let head: Placed<'a, TopicEntry> = self.head(Some(&file))?;
        let named = path.strip_prefix("criteria/").and_then(|name| name.strip_suffix(".yaml")).unwrap_or(path);
        if head.value.topic != named {
            let message = format!("the file is named `{named}` and its topic `{}`", head.value.topic);
            let problem = Diagnostic::error("topic-and-file-differ", message).at(head.place(&["topic".into()]));
            self.problems.push(problem.help("a topic's file is named after it"));
        }
        Some(TopicDraft { head, indicators, criteria })
    }

    fn mapping<'a>(&mut self, texts: &BTreeMap<&'a str, &'a str>, path: &'a str) -> Option<MappingDraft<'a>>
    where
        'k: 'a,
    {
        let file = self.file(texts, path, true)?;
        let mapping = self.mapping_of(file)?;
        let named = path.strip_prefix("mappings/").and_then(|name| name.strip_suffix(".yaml")).unwrap_or(path);
        let head = &mapping.head;
        if head.value.mapping != named {
            let message = format!("the file is named `{named}` and its mapping `{}`", head.value.mapping);
            let problem = Diagnostic::error("mapping-and-file-differ", message).at(head.place(&["mapping".into()]));
            self.problems.push(problem.help("a mapping's file is named after it"));
        }
        Some(mapping)
    }

    fn mapping_of<'a>(&mut self, mut file: Document<'a>) -> Option<MappingDraft<'a>> {
        let before = self.problems.len();
        let was_unread = self.unread;
        let columns = self.list(Some(&mut file), "columns");
        // A mapping defines nothing that another file names.
        self.unread = was_unread;
        let unread = self.problems.len() > before;
        let head: Placed<'a, MappingEntry> = self.head(Some(&file))?;
        Some(MappingDraft { head, columns, unread })
    }
}

/// A mapping's file that stands outside of a rules folder.
pub(super) fn read_mapping<'a>(source: Source<'a>, problems: &mut Vec<Diagnostic>) -> Option<MappingDraft<'a>> {
    let file = Document::read(source, problems)?;
    let known = Documents::new();
    Reader { known: &known, broken: BTreeSet::new(), unread: false, problems }.mapping_of(file)
}
