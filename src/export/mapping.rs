//! What the columns of a table of referrals mean: without a mapping, what those of a table for `windscreen evaluate` do.

use indexmap::IndexMap;
use serde::Deserialize;
use validator::Validate;

use super::ANSWER;
use crate::criteria::entries::Scalar;
use crate::criteria::yaml::{Document, Entry, Source, Step};
use crate::criteria::{Indicator, RuleSet};
use crate::diagnostic::{Diagnostic, Place, in_order};
use crate::facts::{Answer, FactIndex, Said, Scope};

/// What the columns of a table mean, checked against a rule set.
#[derive(Debug)]
pub struct TableMapping {
    /// The columns by which a row is known, repeated beside its answer.
    pub(super) keys: Vec<String>,
    /// What raises topics.
    pub(super) concerns: Option<Concerns>,
    /// How much an answer considers.
    pub(super) scope: ScopeIs,
    /// How a yes is written.
    pub(super) yes: Vec<String>,
    /// How a no is written.
    pub(super) no: Vec<String>,
    /// How it is written that nobody knows.
    pub(super) not_known: Vec<String>,
    /// How it is written that nobody would say.
    pub(super) refused: Vec<String>,
    /// What stands between two accounts in one cell.
    pub(super) between_accounts: Option<String>,
    /// The columns of facts; a fact without one is never told.
    pub(super) columns: Vec<FactColumn>,
}

/// The column whose words raise topics.
#[derive(Debug)]
pub(super) struct Concerns {
    /// Its name.
    pub(super) column: String,
    /// What raises which topics.
    pub(super) raises: Raises,
}

/// What raises topics.
#[derive(Debug)]
pub(super) enum Raises {
    /// Topics by their ids, with this between them.
    Ids(String),
    /// Words, each for some topics.
    Words(Vec<(String, Vec<usize>)>),
}

/// Where it stands how much an answer considers.
#[derive(Debug)]
pub(super) enum ScopeIs {
    /// The same of every row.
    Always(Scope),
    /// In a column, as `referral` or `all`; what is empty is `referral`.
    Column(String),
}

/// The column of a fact.
#[derive(Debug)]
pub(super) struct FactColumn {
    /// The fact.
    pub(super) fact: FactIndex,
    /// The column.
    pub(super) column: String,
    /// The column of another account of it.
    pub(super) also_said: Option<String>,
    /// What its words say; the fact's own answers where there are none.
    pub(super) words: Vec<(String, Said)>,
    /// What an empty cell says; nothing when it is not told.
    pub(super) empty: Option<Said>,
}

impl TableMapping {
    /// A column for every fact, called by its id, and the words of a table for `windscreen evaluate`.
    pub fn by_id(rules: &RuleSet) -> Self {
        let columns = rules.indicators().iter().enumerate();
        Self {
            keys: vec!["ref".to_owned()],
            concerns: Some(Concerns { column: "concerns".to_owned(), raises: Raises::Ids(";".to_owned()) }),
            scope: ScopeIs::Column("scope".to_owned()),
            columns: columns.map(|(fact, indicator)| FactColumn::by_id(fact, indicator)).collect(),
            ..Self::words()
        }
    }

    fn words() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            keys: Vec::new(),
            concerns: None,
            scope: ScopeIs::Always(Scope::Referral),
            yes: words(&["yes", "true"]),
            no: words(&["no", "false"]),
            not_known: words(&["not_known"]),
            refused: words(&["refused"]),
            between_accounts: Some("|".to_owned()),
            columns: Vec::new(),
        }
    }

    /// Reads a mapping's file.
    ///
    /// # Errors
    /// Every problem, by place.
    pub fn read(rules: &RuleSet, file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mapping = Reader { rules, problems: &mut problems }.file(Source { file, text });
        problems.sort_by(in_order);
        problems.dedup();
        mapping.filter(|_| problems.is_empty()).ok_or(problems)
    }
}

impl FactColumn {
    fn by_id(fact: FactIndex, indicator: &Indicator) -> Self {
        Self { fact, column: indicator.id.clone(), also_said: None, words: Vec::new(), empty: None }
    }
}

/// The head of a mapping's file.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct TableEntry {
    #[validate(length(min = 1, max = 8))]
    keys: Vec<String>,
    #[serde(default)]
    concerns: Option<ConcernsEntry>,
    #[serde(default)]
    scope: Option<Scope>,
    #[serde(default)]
    scope_column: Option<String>,
    #[serde(default)]
    yes_is: Option<Vec<String>>,
    #[serde(default)]
    no_is: Option<Vec<String>>,
    #[serde(default)]
    not_known_is: Option<Vec<String>>,
    #[serde(default)]
    refused_is: Option<Vec<String>>,
    #[serde(default)]
    #[validate(length(min = 1, max = 10))]
    between_accounts: Option<String>,
    #[serde(default)]
    other_facts: OtherFacts,
}

/// The facts that no column of the file is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OtherFacts {
    /// The table does not hold them.
    #[default]
    NotTold,
    /// They stand in columns called by their ids.
    ById,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConcernsEntry {
    column: String,
    #[serde(default)]
    between: Option<String>,
    #[serde(default)]
    raises: IndexMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct FactColumnEntry {
    fact: String,
    #[validate(length(min = 1, max = 100))]
    column: String,
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    also_said: Option<String>,
    #[serde(default)]
    words: IndexMap<String, Scalar>,
    #[serde(default)]
    empty: Option<Scalar>,
}

struct Reader<'r, 'p> {
    rules: &'r RuleSet,
    problems: &'p mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn file(&mut self, source: Source<'_>) -> Option<TableMapping> {
        let mut document = Document::read(source, self.problems)?;
        let entries = document.take_list("columns", self.problems);
        let head = document.head().clone();
        let mut mapping = TableMapping::words();
        let (mut facts, mut placed) = (Vec::new(), Vec::new());
        for entry in &entries {
            let Some(column) = entry.typed::<FactColumnEntry>(self.problems) else { continue };
            let Some(fact) = self.fact(&column.fact, entry) else { continue };
            if facts.contains(&fact) {
                let message = format!("`{}` has two columns", column.fact);
                let problem = Diagnostic::error("duplicate-column", message).at(Some(entry.place(&["fact".into()])));
                self.problems.push(problem.help("another account of a fact is its `also_said`"));
            }
            facts.push(fact);
            placed.push(entry);
            mapping.columns.push(self.column(fact, column, entry));
        }
        let value: TableEntry = head.typed(self.problems)?;
        if value.other_facts == OtherFacts::ById {
            let others = self.rules.indicators().iter().enumerate().filter(|(fact, _)| !facts.contains(fact));
            mapping.columns.extend(others.map(|(fact, indicator)| FactColumn::by_id(fact, indicator)));
        }
        self.head(&mut mapping, value, &head);
        for (column, entry) in mapping.columns.iter().zip(placed) {
            self.each_word_once(&mapping, column, entry);
        }
        Some(mapping)
    }

    fn head(&mut self, mapping: &mut TableMapping, value: TableEntry, head: &Entry<'_>) {
        for (place, key) in value.keys.iter().enumerate() {
            let at = || Some(head.place(&["keys".into(), place.into()]));
            if ANSWER.contains(&key.as_str()) {
                let message = format!("a column of the answer is called `{key}`, so no key may be");
                let help = "give the table's column another name in a view, and name the view";
                self.problems.push(Diagnostic::error("reserved-name", message).at(at()).help(help));
            }
            if value.keys[..place].contains(key) {
                let message = format!("the key `{key}` stands twice");
                self.problems.push(Diagnostic::error("duplicate-column", message).at(at()));
            }
        }
        mapping.keys = value.keys;
        mapping.concerns = value.concerns.map(|concerns| self.concerns(concerns, head));
        mapping.scope = match (value.scope, value.scope_column) {
            (Some(_), Some(_)) => {
                let place = head.key_place(&[], "scope");
                let message = "`scope` is of every row, and `scope_column` of each: say one of them";
                self.problems.push(Diagnostic::error("two-keys", message).at(Some(place)));
                ScopeIs::Always(Scope::Referral)
            }
            (scope, None) => ScopeIs::Always(scope.unwrap_or_default()),
            (None, Some(column)) => ScopeIs::Column(column),
        };
        let written = [
            (&mut mapping.yes, value.yes_is),
            (&mut mapping.no, value.no_is),
            (&mut mapping.not_known, value.not_known_is),
            (&mut mapping.refused, value.refused_is),
        ];
        for (words, own) in written {
            *words = own.unwrap_or_else(|| std::mem::take(words));
        }
        mapping.between_accounts = value.between_accounts.or_else(|| mapping.between_accounts.take());
        let lists = [&mapping.yes, &mapping.no, &mapping.not_known, &mapping.refused];
        let keys = ["yes_is", "no_is", "not_known_is", "refused_is"];
        for (number, (key, words)) in keys.into_iter().zip(lists).enumerate() {
            for (place, word) in words.iter().enumerate() {
                let before = lists[..number].iter().any(|list| list.contains(word)) || words[..place].contains(word);
                self.is_a_word(word, before, || Some(head.place(&[key.into(), place.into()])));
            }
        }
    }

    /// A word means one thing, and is compared without spaces around it.
    fn is_a_word(&mut self, word: &str, is_taken: bool, place: impl Fn() -> Option<Place>) {
        if is_taken {
            let message = format!("the word `{word}` means two things");
            self.problems.push(Diagnostic::error("duplicate-word", message).at(place()));
        }
        if word.trim_matches(' ') != word || word.is_empty() {
            let message = "a word has no spaces around it, and something in it: cells are compared without theirs";
            self.problems.push(Diagnostic::error("wrong-word", message).at(place()));
        }
    }

    fn each_word_once(&mut self, mapping: &TableMapping, column: &FactColumn, entry: &Entry<'_>) {
        for (word, _) in &column.words {
            let is_taken = mapping.not_known.contains(word) || mapping.refused.contains(word);
            self.is_a_word(word, is_taken, || Some(entry.key_place(&["words".into()], word)));
        }
    }

    fn concerns(&mut self, concerns: ConcernsEntry, head: &Entry<'_>) -> Concerns {
        let topics = self.rules.topics();
        let mut words = Vec::new();
        for (word, raised) in &concerns.raises {
            let path = |place: usize| [Step::Key("concerns"), "raises".into(), word.as_str().into(), place.into()];
            let mut found = Vec::new();
            for (place, topic) in raised.iter().enumerate() {
                match topics.iter().position(|known| known.id == *topic) {
                    Some(known) => found.push(known),
                    None => {
                        let message = format!("`{topic}` is no topic of this rule set");
                        let problem = Diagnostic::error("unknown-topic", message).at(Some(head.place(&path(place))));
                        self.problems.push(problem.suggest(topic, topics.iter().map(|topic| topic.id.as_str())));
                    }
                }
            }
            let place = || Some(head.key_place(&["concerns".into(), "raises".into()], word));
            self.is_a_word(word, false, place);
            words.push((word.clone(), found));
        }
        if !words.is_empty() && concerns.between.is_some() {
            let place = head.key_place(&["concerns".into()], "between");
            let message =
                "`between` is of a column that holds topics by their ids, and `raises` of one that holds words";
            self.problems.push(Diagnostic::error("two-keys", message).at(Some(place)));
        }
        let between = concerns.between.unwrap_or_else(|| ";".to_owned());
        // What stands between ids must not be taken for a part of one.
        if between.chars().count() != 1 || between.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ') {
            let place = head.place(&["concerns".into(), "between".into()]);
            let message = "one sign stands between topics, such as `;` or `,`";
            self.problems.push(Diagnostic::error("wrong-word", message).at(Some(place)));
        }
        let raises = if words.is_empty() { Raises::Ids(between) } else { Raises::Words(words) };
        Concerns { column: concerns.column, raises }
    }

    fn fact(&mut self, id: &str, entry: &Entry<'_>) -> Option<FactIndex> {
        let fact = self.rules.fact(id);
        if fact.is_none() {
            let message = format!("`{id}` is a fact that no file defines");
            let problem = Diagnostic::error("unknown-fact", message).at(Some(entry.place(&["fact".into()])));
            let known = self.rules.indicators().iter().map(|indicator| indicator.id.as_str());
            self.problems.push(problem.suggest(id, known));
        }
        fact
    }

    fn column(&mut self, fact: FactIndex, column: FactColumnEntry, entry: &Entry<'_>) -> FactColumn {
        let mut words = Vec::new();
        for (word, scalar) in &column.words {
            let said = self.said(fact, scalar, entry, &["words".into(), word.as_str().into()]);
            words.extend(said.map(|said| (word.clone(), said)));
        }
        let empty = column.empty.as_ref().and_then(|scalar| self.said(fact, scalar, entry, &["empty".into()]));
        FactColumn { fact, column: column.column, also_said: column.also_said, words, empty }
    }

    /// What a word says, as the fact takes it.
    fn said(&mut self, fact: FactIndex, scalar: &Scalar, entry: &Entry<'_>, path: &[Step<'_>]) -> Option<Said> {
        let answer = match scalar {
            Scalar::Bool(value) => Answer::YesNo(*value),
            Scalar::Number(number) => Answer::Number(*number),
            Scalar::Word(word) => Answer::Word(word.clone()),
        };
        match (&answer, self.rules.indicators()[fact].class_of(&answer)) {
            (_, Ok(_)) => Some(Said::Answer(answer)),
            (Answer::Word(word), _) if word == "not_known" => Some(Said::NotKnown),
            (Answer::Word(word), _) if word == "refused" => Some(Said::Refused),
            (_, Err(fault)) => {
                let problem = Diagnostic::error("unknown-answer", fault.detail).at(Some(entry.place(path)));
                self.problems.push(match fault.suggestion {
                    Some(suggestion) => problem.help(format!("did you mean `{suggestion}`?")),
                    None => problem,
                });
                None
            }
        }
    }
}
