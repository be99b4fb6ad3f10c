//! A new worked example for a draft of rules: a story, answers to some questions, and the level that is expected.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::shown_below;
use super::rule_files::Edited;
use crate::criteria::RuleFile;
use crate::form::{Asks, Choice, Entered, Field, Line, Wrong, wrong};
use crate::revise::{Change, Editable, Known, Question, Refusal, Takes, What, apply};

const BESIDES: [&str; 3] = [TOKEN, "file", "do"];
/// What the key of a question's field begins with.
const FACT: &str = "fact.";
/// What is chosen for a question that the example says nothing of, and for a level that is not expected.
const NOTHING: &str = "-";
/// What may be expected of the level.
const EXPECTED: [(&str, &str); 3] =
    [("level", "Settled at"), ("at_least", "Not settled: at least"), ("at_most", "Not settled: at most")];

/// The page of a new example.
struct Page {
    edited: Edited,
    file: RuleFile,
    known: Known,
    fields: Vec<Field>,
}

impl Page {
    fn of(asked: &Asked, sent: &Entered) -> Result<Self, Refused> {
        let edited = Edited::find(asked)?;
        let file = edited.file(sent)?.clone();
        if !file.path.ends_with("_test.yaml") {
            return Err(Refused::NotFound);
        }
        let known = Known::of(&edited.draft.files);
        let own = file.path.strip_prefix("criteria/").and_then(|name| name.strip_suffix("_test.yaml")).unwrap_or("");
        let chosen: Vec<&str> = sent.all("topics").collect();
        let is_shown = |topic: &str| topic == own || chosen.contains(&topic);
        let mut fields = vec![
            Field::new("id", "Name of the example", Asks::Line(Line::Plain))
                .hint("Words in lower case joined by underscores, like bruise_on_a_baby")
                .needed("Enter a name for the example"),
            Field::new("story", "Story", Asks::Text(4000))
                .hint("A sentence or two, about nobody real")
                .needed("Say in a sentence, about nobody real, what the example shows"),
        ];
        for topic in known.topics().iter().filter(|topic| is_shown(&topic.value)) {
            let questions = known.questions().iter().filter(|question| question.topic == topic.value);
            fields.extend(questions.map(|question| Field { under: Some(topic.says.clone()), ..asks(question) }));
        }
        for (key, says) in EXPECTED {
            let none = Choice::new(NOTHING, "Not expected");
            let levels = std::iter::once(none).chain(known.levels().iter().cloned());
            let field = Field::new(key, says, Asks::Select(levels.collect()));
            fields.push(Field { under: Some("What is expected".to_owned()), ..field });
        }
        let others = known.topics().iter().filter(|topic| topic.value != own).cloned();
        fields.push(Field::new("topics", "Show the questions of these topics too", Asks::Several(others.collect())));
        Ok(Self { edited, file, known, fields })
    }

    fn show(&self, asked: &Asked, values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
        let last = self.fields.len() - 1;
        let page = view! {
            draft => self.edited.draft.listed.title,
            back => self.edited.address("entries", &self.file.path, None),
            action => format!("{}/example", self.edited.home),
            file => self.file.path,
            form => shown_below(&self.fields[..last], &values[..last], wrong),
            topics => shown_below(&self.fields[last..], &values[last..], &[]),
        };
        match wrong {
            [] => asked.page("rule_example.html", "Add an example", page),
            _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_example.html", "Error: Add an example", page),
        }
    }

    /// The example as the file has it.
    fn example(&self, values: &[Vec<String>]) -> Value {
        let mut facts = Map::new();
        let mut expect = Map::new();
        for (field, values) in self.fields.iter().zip(values) {
            let first = values.first().map_or("", String::as_str);
            if EXPECTED.iter().any(|(key, _)| *key == field.key) {
                expect.extend(first.parse::<i64>().ok().map(|rank| (field.key.clone(), rank.into())));
            }
            let question = field.key.strip_prefix(FACT).and_then(|id| self.known.question(id));
            if let Some(question) = question
                && let Some(answer) = answer(question, values)
            {
                facts.insert(question.id.clone(), answer);
            }
        }
        json!({ "id": values[0].concat(), "story": values[1].concat(), "facts": facts, "expect": expect })
    }
}

/// The field of a question.
fn asks(question: &Question) -> Field {
    let not_known = Choice::new("not_known", "Not known");
    let none = Choice::new(NOTHING, "Not in the example");
    let asks = match &question.takes {
        Takes::Whole(from, to, never) => {
            let never = never.then(|| Choice::new("never", "Never"));
            let instead = never.into_iter().chain([not_known]).collect();
            Asks::Whole { from: *from, to: *to, unit: String::new(), instead }
        }
        _ => {
            let answers = question.choices().into_iter().map(|(choice, _)| choice);
            Asks::Select(std::iter::once(none).chain(answers).chain([not_known]).collect())
        }
    };
    Field::new(format!("{FACT}{}", question.id), question.ask.clone(), asks)
}

/// An answer as a file has it; nothing where the example does not say it.
fn answer(question: &Question, values: &[String]) -> Option<Value> {
    let first = values.first().map_or("", String::as_str);
    if let Takes::Whole(..) = question.takes {
        let instead = values.get(1).filter(|word| !word.is_empty()).map(|word| Value::from(word.as_str()));
        return first.parse::<i64>().ok().map(Value::from).or(instead);
    }
    match first {
        "" | NOTHING => None,
        "not_known" => Some("not_known".into()),
        word => question.choices().into_iter().find(|(choice, _)| choice.value == word).map(|(_, value)| value),
    }
}

pub(super) fn page(asked: &Asked) -> Answered {
    let page = Page::of(asked, &asked.query)?;
    let values = page.fields.iter().map(|field| match field.asks {
        Asks::Select(_) => vec![NOTHING.to_owned()],
        _ => Vec::new(),
    });
    page.show(asked, &values.collect::<Vec<_>>(), &[])
}

pub(super) fn add(asked: &Asked) -> Answered {
    let page = Page::of(asked, &asked.entered)?;
    let typed = asked.entered.still_asked(&page.fields, &BESIDES);
    let mut values = typed.read(&page.fields, &BESIDES)?;
    for (field, values) in page.fields.iter().zip(&mut values) {
        // A topic that is shown for the first time has answered none of its questions.
        if matches!(field.asks, Asks::Select(_)) && values.iter().all(String::is_empty) {
            *values = vec![NOTHING.to_owned()];
        }
    }
    if asked.entered.one("do") == Some("show") {
        return page.show(asked, &values, &[]);
    }
    let mut found = wrong(&page.fields, &values);
    let example = page.example(&values);
    let here = |key: &str, says: &str| Wrong { key: key.to_owned(), says: says.to_owned() };
    let id = values[0].concat();
    if !id.is_empty() && !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        found.push(here("id", "The name is words in lower case joined by underscores, like bruise_on_a_baby"));
    }
    if is_taken(&page.edited.draft.files, &id) {
        found.push(here("id", "Another example has this name; choose another"));
    }
    let expect = example.get("expect").and_then(Value::as_object);
    if expect.is_none_or(Map::is_empty) {
        found.push(here("level", "Choose the level that is expected, or how low and how high it may be"));
    } else if expect.is_some_and(|expect| expect.contains_key("level") && expect.len() > 1) {
        found.push(here("level", "Choose the settled level alone, or how low and how high it may be"));
    }
    if !found.is_empty() {
        return page.show(asked, &values, &found);
    }
    let change =
        Change { file: page.file.path.clone(), at: "/examples".to_owned(), what: What::AddItem { to: example } };
    match apply(&page.edited.draft.files, &[change]) {
        Ok(files) => {
            if page.edited.save(asked, &files)? {
                return Ok(Answer::SeeOther(page.edited.home));
            }
            found.push(here(
                "id",
                "Somebody else saved this draft at the same time. Save again to add the example to theirs",
            ));
        }
        Err(refused) => {
            let is_hidden = refused.iter().any(|one| one.why == Refusal::Hidden);
            let says = if is_hidden {
                "Take the characters out that cannot be seen"
            } else {
                "The file cannot take an example here: add it in the text of the file"
            };
            found.push(here("story", says));
        }
    }
    page.show(asked, &values, &found)
}

/// Whether another example has a name.
fn is_taken(files: &[RuleFile], id: &str) -> bool {
    let tests = files.iter().filter(|file| file.path.ends_with("_test.yaml"));
    let mut read = tests.filter_map(|file| Editable::read(file).ok().flatten());
    read.any(|editable| editable.entries().iter().any(|entry| entry.id == id && !entry.list.is_empty()))
}
