//! What a rules folder names: its levels, questions with their answers, actions and the like, to choose from. Files that
//! cannot be read are left out; nothing here says whether the rules stand.

use serde_json::Value;

use super::plain;
use crate::criteria::RuleFile;
use crate::form::Choice;

/// What the files of a folder name.
#[derive(Debug, Default)]
pub struct Known {
    levels: Vec<Choice>,
    topics: Vec<Choice>,
    agencies: Vec<Choice>,
    sources: Vec<Choice>,
    actions: Vec<Choice>,
    considerations: Vec<Choice>,
    thresholds: Vec<Choice>,
    criteria: Vec<Choice>,
    /// Every question.
    pub(super) questions: Vec<Question>,
}

/// A question, as far as another entry names it.
#[derive(Debug, Clone)]
pub struct Question {
    /// The fact's id.
    pub id: String,
    /// The topic's id.
    pub topic: String,
    /// The question itself.
    pub ask: String,
    /// What may be answered.
    pub takes: Takes,
}

/// What may be answered to a question.
#[derive(Debug, Clone)]
pub enum Takes {
    /// Yes or no.
    YesNo,
    /// One of these.
    One(Vec<Choice>),
    /// A whole number between these; `never`, where that is an answer of its own.
    Whole(i64, i64, bool),
}

impl Known {
    /// What the files of a folder name.
    pub fn of(files: &[RuleFile]) -> Self {
        let mut known = Self::default();
        for file in files.iter().filter(|file| file.path.ends_with(".yaml")) {
            let Ok(text) = std::str::from_utf8(&file.bytes) else { continue };
            let is_named_elsewhere = file.path.starts_with("criteria/") && !file.path.ends_with("_test.yaml");
            if is_named_elsewhere || ["framework.yaml", "actions.yaml", "thresholds.yaml"].contains(&file.path.as_str())
            {
                known.take(&plain(&file.path, text).unwrap_or_default());
            }
        }
        known
    }

    fn take(&mut self, file: &Value) {
        let list = |key: &str| file.get(key).and_then(Value::as_array).into_iter().flatten();
        let choices = |key: &str, says: &str| -> Vec<Choice> {
            list(key).filter_map(|one| Some(Choice::new(text(one, "id")?, text(one, says)?))).collect()
        };
        for level in list("levels") {
            if let (Some(rank), Some(name)) = (level.get("rank"), text(level, "name")) {
                self.levels.push(Choice::new(rank.to_string(), format!("Level {rank}: {name}")));
            }
        }
        self.agencies.extend(choices("agencies", "name"));
        self.actions.extend(choices("actions", "says"));
        self.considerations.extend(choices("considerations", "says"));
        self.thresholds.extend(choices("thresholds", "says"));
        for criterion in list("criteria") {
            if let Some(id) = text(criterion, "id") {
                let says = text(criterion, "says").map_or_else(|| in_words(id), str::to_owned);
                self.criteria.push(Choice::new(id, says));
            }
        }
        if let Some(sources) = file.get("sources").and_then(Value::as_object) {
            let source = |(word, says): (&String, &Value)| Choice::new(word.clone(), says.as_str().unwrap_or(word));
            self.sources.extend(sources.iter().map(source));
        }
        if let (Some(topic), Some(title)) = (text(file, "topic"), text(file, "title")) {
            self.topics.push(Choice::new(topic, title));
            self.questions.extend(list("indicators").filter_map(|one| Question::of(topic, one)));
        }
    }

    /// The levels.
    pub fn levels(&self) -> &[Choice] {
        &self.levels
    }

    /// The topics.
    pub fn topics(&self) -> &[Choice] {
        &self.topics
    }

    /// The questions.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// A question by its fact's id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// What the words of a list may be, by the key that it stands under; nothing where they are free.
    pub(super) fn words(&self, key: &str) -> Option<Vec<Choice>> {
        let facts = || self.questions.iter().map(|one| Choice::new(one.id.clone(), one.ask.clone()));
        Some(match key {
            "source" => self.sources.clone(),
            "would_know" => self.agencies.clone(),
            "actions" | "no_actions" => self.actions.clone(),
            "consider" | "considerations" | "no_considerations" => self.considerations.clone(),
            "opens" | "concerns" => self.topics.clone(),
            "asks" | "presumed" | "conflicts" | "retired" | "ask_first" => facts().collect(),
            "found" | "not_found" | "sufficient_reason" => {
                facts().chain(self.criteria.iter().cloned()).chain(self.thresholds.iter().cloned()).collect()
            }
            "counts_with" => facts().chain(self.criteria.iter().cloned()).collect(),
            "asks_first" => facts().collect(),
            "otherwise" => self.actions.clone(),
            _ => return None,
        })
    }
}

impl Question {
    fn of(topic: &str, entry: &Value) -> Option<Self> {
        let whole = |number: &Value, key: &str| number.get(key).and_then(Value::as_i64);
        let takes = match (entry.get("number"), entry.get("answers").and_then(Value::as_object)) {
            (Some(number), _) => {
                Takes::Whole(whole(number, "from")?, whole(number, "to")?, number.get("never").is_some())
            }
            (None, Some(answers)) => Takes::One(
                answers
                    .iter()
                    .map(|(id, gives)| {
                        Choice::new(id.clone(), text(gives, "label").map_or_else(|| in_words(id), str::to_owned))
                    })
                    .collect(),
            ),
            (None, None) => Takes::YesNo,
        };
        let (id, ask) = (text(entry, "id")?, text(entry, "ask")?);
        Some(Self { id: id.to_owned(), topic: topic.to_owned(), ask: ask.to_owned(), takes })
    }

    /// Its answers as choices, each with the value that a file has; nothing of a number.
    pub fn choices(&self) -> Vec<(Choice, Value)> {
        match &self.takes {
            Takes::YesNo => vec![(Choice::new("yes", "Yes"), true.into()), (Choice::new("no", "No"), false.into())],
            Takes::One(choices) => {
                choices.iter().map(|choice| (choice.clone(), choice.value.as_str().into())).collect()
            }
            Takes::Whole(..) => Vec::new(),
        }
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// An id as one reads it.
pub(super) fn in_words(id: &str) -> String {
    let words = id.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
