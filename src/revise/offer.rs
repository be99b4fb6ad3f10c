//! What an author may change in a file, as the fields of a form: entry by entry, each field with what stands there now.

use serde_json::Value;

use super::known::{Known, Question, Takes, in_words};
use super::labels::{LEFT_TO_THE_TEXT, heading, label, says_it_all};
use super::schema::Shape;
use crate::form::{Asks, Choice, Field, Line};
use crate::json::pointer;

/// One value that may be changed.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The field that asks for it; its key is the pointer inside the file.
    pub field: Field,
    /// What stands there now, as it is entered.
    pub now: Vec<String>,
    /// Where it stands.
    pub(super) at: String,
    /// What stands there; nothing where the key is not there.
    pub(super) was: Option<Value>,
    /// The keys that come after it.
    pub(super) before: Vec<String>,
    pub(super) takes: How,
}

/// How what was entered becomes a value.
#[derive(Debug, Clone)]
pub(super) enum How {
    /// A text of so many characters.
    Text { least: usize, most: usize },
    /// A whole number, or a word instead.
    Whole,
    /// One of these.
    Choice(Vec<(String, Value)>),
    /// A floor, a duty or a count.
    Gives,
    /// A time allowed.
    Within,
    /// The words of a list that stay.
    Words,
    /// One more word for a list.
    AnotherWord,
    /// One more fact for an example, not known until its answer is chosen.
    AnotherFact,
    /// A text a line.
    Lines { needed: bool },
}

/// What is chosen for nothing at all.
pub(super) const NOTHING: &str = "-";
/// What follows the key of a list's field for the word that is added.
const ANOTHER: &str = "+";
/// The kinds of contribution of which there is one at most.
pub(super) const GIVES: [&str; 3] = ["floor", "duty", "counts"];
/// The times that may be allowed.
pub(super) const TIMES: [(&str, &str); 4] =
    [("hours", "hours"), ("working_days", "working days"), ("days", "days"), ("months", "months")];
/// What a text may have where nothing bounds it.
const LONG: usize = 4000;
/// A list to choose from that is longer than any of a framework.
const MANY: usize = 100;
/// And a sentence for the reasons.
const SENTENCE: usize = 1000;
/// Characters of most scripts take as many bytes at most.
const BYTES: usize = 3;

/// The fields of an entry, or of the head of a file.
pub(super) fn offered(known: &Known, shape: Shape<'_>, entry: &Value, at: &str) -> Vec<Offered> {
    let mut offer = Offer { known, entry, fields: Vec::new(), under: Vec::new() };
    offer.mapping(shape, entry, at);
    offer.fields
}

struct Offer<'k> {
    known: &'k Known,
    /// The entry as a whole: what is presumed of a question is one of its own answers.
    entry: &'k Value,
    fields: Vec<Offered>,
    under: Vec<String>,
}

impl Offer<'_> {
    /// The keys of a mapping; of a file's head, without the lists that have entries of their own.
    fn mapping(&mut self, shape: Shape<'_>, value: &Value, at: &str) {
        let Some(map) = value.as_object() else { return };
        let keys = shape.keys();
        let gives: Vec<&str> = GIVES.into_iter().filter(|kind| keys.iter().any(|(key, _)| key == kind)).collect();
        let given = gives.iter().filter(|kind| map.contains_key(**kind)).count();
        let no_answer = at.ends_with("/gives");
        // How an answer is worded comes before what it gives.
        let (first, rest): (Vec<_>, Vec<_>) = keys.iter().enumerate().partition(|(_, (key, _))| *key == "label");
        for (place, (key, inner)) in first.into_iter().chain(rest) {
            if *key == "label" && no_answer || *key == "then" && !map.contains_key("unless") {
                continue;
            }
            if LEFT_TO_THE_TEXT.contains(key) || (at.is_empty() && inner.is_list_of_entries()) {
                continue;
            }
            let before = || keys[place + 1..].iter().map(|(key, _)| (*key).to_owned()).collect::<Vec<_>>();
            if gives.contains(key) && given <= 1 {
                if *key == "floor" {
                    self.gives(map, at, keys[place + 1..].iter().map(|(key, _)| (*key).to_owned()).collect());
                }
                continue;
            }
            let here = pointer(at, key);
            self.key(key, *inner, map.get(*key), &here, before(), shape.needs(key));
        }
        if let Some(any) = shape.any_key().filter(|_| keys.is_empty()) {
            for (key, inner) in map {
                self.key(key, any, Some(inner), &pointer(at, key), Vec::new(), true);
            }
        }
    }

    fn key(&mut self, key: &str, shape: Shape<'_>, now: Option<&Value>, at: &str, before: Vec<String>, needed: bool) {
        let name = label(key).map_or_else(|| in_words(key), str::to_owned);
        let meaning = shape.description().trim_end_matches('.').replace('`', "").replace('\n', " ");
        let meaning = Some(meaning).filter(|says| !says.is_empty() && !says_it_all(key));
        let put = |offer: &mut Self, asks: Asks, entered: Vec<String>, takes: How| {
            let mut field = Field::new(at, name.clone(), asks);
            field.hint = meaning.clone().filter(|says| *says != name);
            field.needed = needed.then(|| format!("{name}: this cannot be left empty"));
            offer.put(field, entered, at, now, before.clone(), takes);
        };
        if shape.name == "Condition" {
            if let Some(condition) = now {
                let inner = heading(key).map_or_else(|| in_words(key), str::to_owned);
                self.below(inner, |offer| offer.condition(condition, at));
            }
        } else if shape.name == "Within" {
            let hint = "Such as at once, 4 hours, 1 working day or 10 days".to_owned();
            let mut field = Field::new(at, name.clone(), Asks::Line(Line::Plain)).hint(hint);
            field.needed = needed.then(|| format!("{name}: this cannot be left empty"));
            self.put(field, vec![now.and_then(in_time).unwrap_or_default()], at, now, before, How::Within);
        } else if shape.name == "Scalar" {
            let own = Question::answers_of(self.entry);
            self.one_of(Field::new(at, name, Asks::Text(0)), own, at, now, before, needed);
        } else if !shape.words().is_empty() {
            let words = shape.words().into_iter().map(|(word, says)| {
                let choice = Choice::new(word, in_words(word));
                let choice = if says.is_empty() { choice } else { Choice::new(word, says.trim_end_matches('.')) };
                (choice, Value::from(word))
            });
            let mut field = Field::new(at, name.clone(), Asks::Text(0));
            field.hint.clone_from(&meaning);
            // What is not given is what it is by default; a form then has no need of nothing.
            let default = shape.default().filter(|default| default.is_string());
            self.one_of_or(field, words.collect(), at, (now.or(default), now), before, needed || default.is_some());
        } else if shape.is("boolean") {
            let default = shape.default().and_then(Value::as_bool).unwrap_or(false);
            let shown = now.and_then(Value::as_bool).unwrap_or(default);
            let choices = [(Choice::new("yes", "Yes"), Value::from(true)), (Choice::new("no", "No"), false.into())];
            let takes =
                How::Choice(choices.iter().map(|(choice, value)| (choice.value.clone(), value.clone())).collect());
            let asks = Asks::One(choices.into_iter().map(|(choice, _)| choice).collect());
            put(self, asks, vec![if shown { "yes" } else { "no" }.to_owned()], takes);
        } else if shape.is("integer") && is_level(key, shape, self.known) {
            let levels = self
                .known
                .levels()
                .iter()
                .filter_map(|level| Some((level.clone(), level.value.parse::<i64>().ok()?.into())));
            let mut field = Field::new(at, name.clone(), Asks::Text(0));
            field.hint.clone_from(&meaning);
            self.one_of(field, levels.collect(), at, now, before, needed);
        } else if shape.is("integer") {
            let (from, to) = (shape.bound("minimum").unwrap_or(-100_000), shape.bound("maximum").unwrap_or(100_000));
            let asks = Asks::Whole { from, to, unit: String::new(), instead: Vec::new() };
            put(
                self,
                asks,
                vec![now.map(Value::to_string).filter(|now| now != "null").unwrap_or_default()],
                How::Whole,
            );
        } else if shape.is("string") {
            match self.known.words(key) {
                Some(choices) => {
                    let choices = choices.into_iter().map(|choice| {
                        let word = choice.value.as_str().into();
                        (choice, word)
                    });
                    let mut field = Field::new(at, name.clone(), Asks::Text(0));
                    field.hint.clone_from(&meaning);
                    self.one_of(field, choices.collect(), at, now, before, needed);
                }
                None => {
                    let most = shape.bound("maxLength").and_then(|most| usize::try_from(most).ok());
                    let most = most.unwrap_or(if key == "says" { SENTENCE } else { LONG });
                    let least = shape.bound("minLength").and_then(|least| usize::try_from(least).ok()).unwrap_or(0);
                    // A line takes 200 bytes; what may be longer, or is, gets room.
                    let shown = now.and_then(Value::as_str).unwrap_or_default().trim().to_owned();
                    let short = most <= 120 || SHORT.contains(&key);
                    let asks =
                        if short && shown.len() <= 160 { Asks::Line(Line::Plain) } else { Asks::Text(most * BYTES) };
                    put(self, asks, vec![shown], How::Text { least, most });
                }
            }
        } else if let Some(items) = shape.items() {
            match now.and_then(Value::as_array) {
                Some(list) if !items.keys().is_empty() => {
                    for (place, item) in list.iter().enumerate() {
                        let one = match key {
                            "bands" => format!("Band {}", place + 1),
                            "needs" => format!("Needs, part {}", place + 1),
                            "codes" => format!("Code {}", place + 1),
                            "instead" => "Instead of a step".to_owned(),
                            "children" => format!("Child {}", place + 1),
                            _ => format!("{name} {}", place + 1),
                        };
                        let here = format!("{at}/{place}");
                        self.below(one, |offer| offer.mapping(items, item, &here));
                    }
                }
                _ if !items.keys().is_empty() => {}
                list => self.words(key, shape, list, at, before, needed),
            }
        } else if let Some(inner) = now.filter(|now| now.is_object()) {
            if key == "facts" {
                self.below("Facts".to_owned(), |offer| offer.facts(inner, at));
            } else if shape.keys().is_empty() && key == "answers" {
                for (answer, gives) in inner.as_object().into_iter().flatten() {
                    let words =
                        gives.get("label").and_then(Value::as_str).map_or_else(|| in_words(answer), str::to_owned);
                    let here = pointer(at, answer);
                    if let Some(any) = shape.any_key() {
                        self.below(format!("If the answer is “{words}”"), |offer| offer.mapping(any, gives, &here));
                    }
                }
            } else {
                let inside = heading(key).map_or_else(|| in_words(key), str::to_owned);
                self.below(inside, |offer| offer.mapping(shape, inner, at));
            }
        }
    }

    fn below(&mut self, heading: String, inside: impl FnOnce(&mut Self)) {
        self.under.push(heading);
        inside(self);
        self.under.pop();
    }

    fn put(
        &mut self,
        mut field: Field,
        now: Vec<String>,
        at: &str,
        was: Option<&Value>,
        before: Vec<String>,
        takes: How,
    ) {
        field.under = Some(self.under.join(": ")).filter(|under| !under.is_empty());
        self.fields.push(Offered { field, now, at: at.to_owned(), was: was.cloned(), before, takes });
    }

    /// One of some values; what stands there now is one of them, whatever it is.
    fn one_of(
        &mut self,
        field: Field,
        choices: Vec<(Choice, Value)>,
        at: &str,
        now: Option<&Value>,
        before: Vec<String>,
        needed: bool,
    ) {
        self.one_of_or(field, choices, at, (now, now), before, needed);
    }

    /// The same, where something else is shown than stands there.
    fn one_of_or(
        &mut self,
        mut field: Field,
        mut choices: Vec<(Choice, Value)>,
        at: &str,
        (shown, was): (Option<&Value>, Option<&Value>),
        before: Vec<String>,
        needed: bool,
    ) {
        let now = shown.filter(|now| !now.is_null());
        let mut chosen = NOTHING.to_owned();
        if let Some(now) = now {
            match choices.iter().find(|(_, value)| value == now) {
                Some((choice, _)) => chosen.clone_from(&choice.value),
                None => {
                    chosen = now.as_str().map_or_else(|| now.to_string(), str::to_owned);
                    choices.push((Choice::new(chosen.clone(), chosen.clone()), now.clone()));
                }
            }
        }
        // A domain has an answer of its own that is called none.
        let nothing = if at.ends_with("/domain") { "As its topic" } else { "None" };
        let none = (!needed).then(|| Choice::new(NOTHING, nothing));
        field.needed = Some(format!("{}: choose one", field.says));
        field.asks = Asks::Select(none.into_iter().chain(choices.iter().map(|(choice, _)| choice.clone())).collect());
        let takes = How::Choice(choices.into_iter().map(|(choice, value)| (choice.value, value)).collect());
        self.put(field, vec![chosen], at, was, before, takes);
    }

    /// A floor, a duty or a count: one at most.
    fn gives(&mut self, map: &serde_json::Map<String, Value>, at: &str, before: Vec<String>) {
        let now = GIVES.into_iter().find_map(|kind| Some((kind, map.get(kind)?)));
        let mut choices = vec![Choice::new(NOTHING, "Nothing for the level by itself")];
        let mut offered = false;
        for kind in GIVES {
            for level in self.known.levels() {
                let says = match kind {
                    "floor" => format!("A floor: at least {}", lower(&level.says)),
                    "duty" => format!("A duty owed by law: at least {}", lower(&level.says)),
                    _ => format!("Counts as one need at {}", lower(&level.says)),
                };
                let value = format!("{kind} {}", level.value);
                offered |= now.is_some_and(|(own, rank)| value == format!("{own} {rank}"));
                choices.push(Choice::new(value, says));
            }
        }
        let chosen = now.map_or_else(|| NOTHING.to_owned(), |(kind, rank)| format!("{kind} {rank}"));
        if !offered && chosen != NOTHING {
            choices.push(Choice::new(chosen.clone(), chosen.clone()));
        }
        let was = now.map(|(kind, rank)| serde_json::json!({ kind: rank }));
        let at = pointer(at, "gives");
        let field = Field::new(at.clone(), "What it gives for the level", Asks::Select(choices))
            .needed("What it gives for the level: choose one");
        self.put(field, vec![chosen], &at, was.as_ref(), before, How::Gives);
    }

    /// A list of words: those that stand there may go, and one may come.
    fn words(
        &mut self,
        key: &str,
        shape: Shape<'_>,
        list: Option<&Vec<Value>>,
        at: &str,
        before: Vec<String>,
        needed: bool,
    ) {
        let name = label(key).map_or_else(|| in_words(key), str::to_owned);
        let meaning = shape.description().trim_end_matches('.').replace('`', "");
        let own: Vec<String> = list.into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        if list.is_some_and(|list| list.len() != own.len()) {
            return;
        }
        let was = list.map(|list| Value::from(list.clone()));
        let mut from_the_schema: Vec<Choice> = Vec::new();
        if let Some(items) = shape.items() {
            from_the_schema.extend(items.words().into_iter().map(|(word, says)| {
                Choice::new(word, if says.is_empty() { in_words(word) } else { says.trim_end_matches('.').to_owned() })
            }));
        }
        let choices = self.known.words(key).or(Some(from_the_schema).filter(|choices| !choices.is_empty()));
        let Some(choices) = choices else {
            let mut field = Field::new(at, name, Asks::Text(LONG * BYTES)).hint(format!("{meaning}. One a line"));
            if needed {
                field = field.needed("This cannot be left empty");
            }
            self.put(field, vec![own.join("\n")], at, was.as_ref(), before, How::Lines { needed });
            return;
        };
        // Of what an example seldom says, every rule to choose from would be most of the page.
        if list.is_none() && choices.len() > MANY && !["found", "not_found"].contains(&key) {
            return;
        }
        let named = |word: &String| choices.iter().find(|choice| choice.value == *word).cloned();
        let here: Vec<Choice> =
            own.iter().map(|word| named(word).unwrap_or_else(|| Choice::new(word.clone(), word.clone()))).collect();
        let rest: Vec<Choice> = choices.iter().filter(|choice| !own.contains(&choice.value)).cloned().collect();
        if !here.is_empty() {
            let mut field = Field::new(at, name.clone(), Asks::Several(here)).hint("Untick what is to go");
            if needed {
                field = field.needed(format!("{name}: one has to stay"));
            }
            self.put(field, own, at, was.as_ref(), before.clone(), How::Words);
        }
        if !rest.is_empty() {
            let none = Choice::new(NOTHING, "Nothing more");
            let choices = std::iter::once(none).chain(rest).collect();
            let says = format!("{name}: add one");
            let field = Field::new(format!("{at}{ANOTHER}"), says, Asks::Select(choices)).needed("Choose what to add");
            self.put(field, vec![NOTHING.to_owned()], at, was.as_ref(), before, How::AnotherWord);
        }
    }

    /// The answers of an example.
    fn facts(&mut self, facts: &Value, at: &str) {
        for (fact, answer) in facts.as_object().into_iter().flatten() {
            if answer.is_object() || answer.is_array() {
                continue;
            }
            let here = pointer(at, fact);
            self.answer(fact, answer, &here, true);
        }
        let rest = self.known.questions().iter().filter(|question| facts.get(&question.id).is_none());
        let none = Choice::new(NOTHING, "Nothing more");
        let rest = rest.map(|question| Choice::new(question.id.clone(), question.ask.clone()));
        let choices = std::iter::once(none).chain(rest).collect();
        let field = Field::new(format!("{at}{ANOTHER}"), "Facts: add one", Asks::Select(choices))
            .hint("It comes in as not known; choose its answer once it is saved")
            .needed("Choose what to add");
        self.put(field, vec![NOTHING.to_owned()], at, Some(facts), Vec::new(), How::AnotherFact);
    }

    /// A field for an answer to a question; of an example it may be not known, or go.
    fn answer(&mut self, fact: &str, answer: &Value, at: &str, of_an_example: bool) {
        let question = self.known.question(fact);
        let says = question.map_or_else(|| fact.to_owned(), |question| question.ask.clone());
        let mut choices = question.map(|question| question.choices()).unwrap_or_default();
        if of_an_example {
            choices.push((Choice::new("not_known", "Not known"), "not_known".into()));
        }
        let field = Field::new(at, says, Asks::Text(0));
        match question.map(|question| &question.takes) {
            Some(Takes::Whole(from, to, never)) if answer.is_i64() || of_an_example => {
                let mut instead: Vec<Choice> = Vec::new();
                if of_an_example {
                    instead.push(Choice::new("not_known", "Not known"));
                    instead.push(Choice::new(NOTHING, "Not in the example"));
                }
                if *never && of_an_example {
                    instead.insert(0, Choice::new("never", "Never"));
                }
                let shown = match answer {
                    Value::String(word) => vec![String::new(), word.clone()],
                    number if instead.is_empty() => vec![number.to_string()],
                    number => vec![number.to_string(), String::new()],
                };
                let asks = Asks::Whole { from: *from, to: *to, unit: String::new(), instead };
                let field = Field { asks, ..field }.needed("Enter a number, or choose an answer");
                self.put(field, shown, at, Some(answer), Vec::new(), How::Whole);
            }
            _ => self.one_of(field, choices, at, Some(answer), Vec::new(), !of_an_example),
        }
    }

    /// The numbers, answers and levels inside of a condition; which facts it asks about is left to the text.
    fn condition(&mut self, condition: &Value, at: &str) {
        let Some((key, inner)) = condition.as_object().and_then(|map| map.iter().next()) else { return };
        let here = pointer(at, key);
        match key.as_str() {
            "all" | "any" => {
                for (place, part) in inner.as_array().into_iter().flatten().enumerate() {
                    self.condition(part, &format!("{here}/{place}"));
                }
            }
            "not" | "stated" => self.condition(inner, &here),
            "script" => {}
            "need" => {
                if let Some(at_level) = inner.get("at") {
                    let levels = self
                        .known
                        .levels()
                        .iter()
                        .filter_map(|level| Some((level.clone(), level.value.parse::<i64>().ok()?.into())));
                    let field = Field::new(pointer(&here, "at"), "Some need at this level or above", Asks::Text(0));
                    self.one_of(field, levels.collect(), &pointer(&here, "at"), Some(at_level), Vec::new(), true);
                }
            }
            fact if inner.is_boolean() => self.test(fact, "", inner, &here),
            fact => {
                for (sign, value) in inner.as_object().into_iter().flatten() {
                    let words = match sign.as_str() {
                        "is" => "is",
                        "at_least" => "is at least",
                        "at_most" => "is at most",
                        "above" => "is more than",
                        "below" => "is less than",
                        _ => continue,
                    };
                    self.test(fact, words, value, &pointer(&here, sign));
                }
            }
        }
    }

    fn test(&mut self, fact: &str, words: &str, value: &Value, at: &str) {
        let count = self.fields.len();
        self.answer(fact, value, at, false);
        if let Some(offered) = self.fields.get_mut(count).filter(|_| !words.is_empty()) {
            offered.field.says = format!("{} … {words}", offered.field.says.trim_end_matches('?'));
        }
    }
}

impl Question {
    fn answers_of(entry: &Value) -> Vec<(Choice, Value)> {
        match entry.get("answers").and_then(Value::as_object) {
            Some(answers) => answers
                .keys()
                .map(|answer| (Choice::new(answer.clone(), in_words(answer)), Value::from(answer.as_str())))
                .collect(),
            None => vec![(Choice::new("yes", "Yes"), true.into()), (Choice::new("no", "No"), false.into())],
        }
    }
}

/// Texts that are short though nothing bounds them.
const SHORT: [&str; 6] = ["label", "version", "name", "lead", "respond", "received_at"];

/// Whether a whole number under a key is a level: a rank is a small number, and no count is as small.
fn is_level(key: &str, shape: Shape<'_>, known: &Known) -> bool {
    const COUNTS: [&str; 3] = ["domains", "groups", "steps_at_most"];
    shape.is_small() && !COUNTS.contains(&key) && !known.levels().is_empty()
}

fn lower(says: &str) -> String {
    says.replacen("Level", "level", 1)
}

/// A time allowed, as one writes it.
pub(super) fn in_time(within: &Value) -> Option<String> {
    if within.get("at_once").is_some() {
        return Some("at once".to_owned());
    }
    let (key, words) = TIMES.into_iter().find(|(key, _)| within.get(*key).is_some())?;
    let count = within.get(key)?.as_i64()?;
    Some(if count == 1 { format!("1 {}", words.trim_end_matches('s')) } else { format!("{count} {words}") })
}
