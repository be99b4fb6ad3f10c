//! What each cell says: a class of the fact, or that it is not told, not known or refused; and what cannot be read.

use super::mapping::{FactColumn, Raises, ScopeIs, TableMapping};
use super::query::{Keeps, Layer, Query, key, listed, named};
use crate::criteria::{Indicator, Kind, RuleSet};
use crate::facts::{Answer, Said, Scope};

/// Nothing stands in the cell. What is known is greater than what is not, and what cannot be read than both, so that
/// the greater of two accounts is the one that stands.
pub(super) const NOT_TOLD: i32 = -3;
/// Asked, and nobody knows.
const NOT_KNOWN: i32 = -2;
/// Asked, and nobody would say.
const REFUSED: i32 = -1;
/// More than any class: no answer of the fact.
const CANNOT_BE_READ: i32 = 1000;

/// A whole number as it is written: nothing is rounded or left out.
const WHOLE_NUMBER: &str = "0|-?[1-9][0-9]{0,17}";

const CELLS: &str = "The cells as text, without spaces around it; what is empty or NULL is ''.";
const TOLD: &str = "What each cell says. 0, 1, 2 ...: an answer, least concern first; -3: not told; -2: asked and not \
                    known;\n-1: refused; 1000: no answer of this question. Of two accounts the one of greater concern.";

/// The cells as text.
pub(super) fn cells(rules: &RuleSet, mapping: &TableMapping, table: &str, query: &mut Query) {
    let dialect = query.dialect;
    let column = |name: &str| format!("referral.{}", dialect.name_of(name));
    let mut layer = Layer::default();
    for (place, name) in mapping.keys.iter().enumerate() {
        layer.add(key(place), column(name));
    }
    for of in &mapping.columns {
        let id = &rules.indicators[of.fact].id;
        layer.add(id, dialect.cell(&column(&of.column)));
        if let Some(also_said) = &of.also_said {
            layer.add(named(id, of.fact, "also"), dialect.cell(&column(also_said)));
        }
    }
    if let Some(concerns) = &mapping.concerns {
        layer.add("concerns__cell", dialect.cell(&column(&concerns.column)));
    }
    if let ScopeIs::Column(name) = &mapping.scope {
        layer.add("scope__cell", dialect.cell(&column(name)));
    }
    let from = format!("{} AS referral", dialect.table(table));
    query.push("cells", CELLS, Keeps::OnlyNamed, &layer, Some(&from));
}

/// What each cell says.
pub(super) fn told(rules: &RuleSet, mapping: &TableMapping, query: &mut Query) {
    let mut layer = Layer::default();
    (0..mapping.keys.len()).for_each(|place| layer.keep(key(place)));
    for (fact, indicator) in rules.indicators.iter().enumerate() {
        let column = mapping.columns.iter().find(|column| column.fact == fact);
        let is_ordered = rules.is_ordered(fact);
        let value = column.map(|column| Cells { indicator, column, mapping, is_ordered, query }.said());
        layer.add(&indicator.id, value.unwrap_or_else(|| NOT_TOLD.to_string()));
    }
    raised(rules, mapping, query, &mut layer);
    let everything = match &mapping.scope {
        ScopeIs::Always(scope) => if *scope == Scope::All { "TRUE" } else { "FALSE" }.to_owned(),
        ScopeIs::Column(_) => {
            let cell = query.name("scope__cell");
            layer.add("scope__wrong", format!("{cell} NOT IN ('', 'referral', 'all')"));
            format!("{cell} = 'all'")
        }
    };
    layer.add("scope__all", everything);
    query.push("told", TOLD, Keeps::OnlyNamed, &layer, None);
}

/// Which topics the referrer raises.
fn raised(rules: &RuleSet, mapping: &TableMapping, query: &Query, layer: &mut Layer) {
    let dialect = query.dialect;
    let cell = query.name("concerns__cell");
    let ids = || rules.topics.iter().map(|topic| topic.id.as_str());
    for (place, topic) in rules.topics.iter().enumerate() {
        let is_raised = match mapping.concerns.as_ref().map(|concerns| &concerns.raises) {
            None => "FALSE".to_owned(),
            Some(Raises::Ids(between)) => {
                let (between, wanted) =
                    (dialect.text(between), dialect.text(&format!("{between}{}{between}", topic.id)));
                format!("POSITION({wanted} IN {between} || REPLACE({cell}, ' ', '') || {between}) > 0")
            }
            Some(Raises::Words(words)) => {
                let raising = words.iter().filter(|(_, topics)| topics.contains(&place));
                let raising: Vec<String> = raising.map(|(word, _)| dialect.text(word)).collect();
                if raising.is_empty() { "FALSE".to_owned() } else { format!("{cell} IN ({})", raising.join(", ")) }
            }
        };
        layer.add(raised_name(rules, place), is_raised);
    }
    match mapping.concerns.as_ref().map(|concerns| &concerns.raises) {
        None => {}
        Some(Raises::Ids(between)) => {
            let one = format!(" *(?:{})? *", ids().collect::<Vec<_>>().join("|"));
            let pattern = format!("{one}(?:\\{between}{one})*");
            layer.add("concerns__wrong", format!("NOT ({})", dialect.matches(&cell, &pattern)));
        }
        Some(Raises::Words(words)) => {
            let known: Vec<String> = words.iter().map(|(word, _)| dialect.text(word)).collect();
            layer.add("concerns__wrong", format!("{cell} NOT IN ('', {})", known.join(", ")));
        }
    }
}

/// The column that says whether a topic is raised.
pub(super) fn raised_name(rules: &RuleSet, topic: usize) -> String {
    named(&rules.topics[topic].id, topic, "raised")
}

/// The columns in which something stands that is no answer, with `;` between them; NULL where there is none.
pub(super) fn cannot_be_read(rules: &RuleSet, mapping: &TableMapping, query: &Query) -> String {
    let dialect = query.dialect;
    let mut wrong: Vec<String> = Vec::new();
    let mut tell =
        |when: String, column: &str| wrong.push(format!("CASE WHEN {when} THEN {} END", dialect.text(column)));
    if let Some(concerns) = &mapping.concerns {
        tell(query.name("concerns__wrong"), &concerns.column);
    }
    if let ScopeIs::Column(column) = &mapping.scope {
        tell(query.name("scope__wrong"), column);
    }
    for column in &mapping.columns {
        let value = query.name(&rules.indicators[column.fact].id);
        tell(format!("{value} = {CANNOT_BE_READ}"), &column.column);
    }
    format!("NULLIF({}, '')", listed(&wrong))
}

/// The cells of one fact.
struct Cells<'a> {
    indicator: &'a Indicator,
    column: &'a FactColumn,
    mapping: &'a TableMapping,
    is_ordered: bool,
    query: &'a Query,
}

impl Cells<'_> {
    /// What they say together.
    fn said(&self) -> String {
        let cell = self.query.name(&self.indicator.id);
        let first = self.cell(&cell, self.column.empty.as_ref());
        match &self.column.also_said {
            None => first,
            Some(_) => {
                let also = self.query.name(&named(&self.indicator.id, self.column.fact, "also"));
                self.together(&first, &self.cell(&also, None))
            }
        }
    }

    /// What one cell says: an answer, or two accounts.
    fn cell(&self, cell: &str, empty: Option<&Said>) -> String {
        let empty = empty.map_or(NOT_TOLD, |said| self.code(said));
        let otherwise = match &self.mapping.between_accounts {
            None => CANNOT_BE_READ.to_string(),
            Some(between) => {
                let dialect = self.query.dialect;
                let at = format!("POSITION({} IN {cell})", dialect.text(between));
                let first = format!("TRIM(SUBSTR({cell}, 1, {at} - 1))");
                let second = format!("TRIM(SUBSTR({cell}, {at} + {}))", between.chars().count());
                let nothing = CANNOT_BE_READ.to_string();
                let (first, second) = (self.account(&first, &nothing), self.account(&second, &nothing));
                format!("CASE WHEN {at} > 0 THEN {} ELSE {CANNOT_BE_READ} END", self.together(&first, &second))
            }
        };
        let otherwise = self.account(cell, &otherwise);
        format!("CASE WHEN {cell} = '' THEN {empty} ELSE {otherwise} END")
    }

    /// Two accounts: the answer of greater concern; where there is no order of concern, the first.
    fn together(&self, first: &str, second: &str) -> String {
        if self.is_ordered {
            return format!("GREATEST({first}, {second})");
        }
        let is_wrong = format!("{second} = {CANNOT_BE_READ}");
        format!(
            "CASE WHEN {is_wrong} THEN {CANNOT_BE_READ} WHEN {first} >= 0 THEN {first} ELSE GREATEST({first}, {second}) END"
        )
    }

    /// What one account says.
    fn account(&self, text: &str, otherwise: &str) -> String {
        let dialect = self.query.dialect;
        let words: Vec<String> =
            self.words().iter().map(|(word, code)| format!("WHEN {} THEN {code}", dialect.text(word))).collect();
        let number = match self.indicator.kind {
            Kind::Number { .. } => {
                format!(
                    "CASE WHEN {} THEN {} ELSE {otherwise} END",
                    dialect.matches(text, WHOLE_NUMBER),
                    self.number(text)
                )
            }
            Kind::YesNo { .. } | Kind::Choice => otherwise.to_owned(),
        };
        format!("CASE {text} {} ELSE {number} END", words.join(" "))
    }

    /// Every word, and what it says; the first of the same holds.
    fn words(&self) -> Vec<(String, i32)> {
        let mapping = self.mapping;
        let mut words: Vec<(String, i32)> = Vec::new();
        words.extend(self.column.words.iter().map(|(word, said)| (word.clone(), self.code(said))));
        words.extend(mapping.not_known.iter().map(|word| (word.clone(), NOT_KNOWN)));
        if self.column.words.is_empty() {
            for (class, answer) in (0_i32..).zip(&self.indicator.classes) {
                match &answer.answer {
                    Answer::YesNo(true) => words.extend(mapping.yes.iter().map(|word| (word.clone(), class))),
                    Answer::YesNo(false) => words.extend(mapping.no.iter().map(|word| (word.clone(), class))),
                    Answer::Word(word) => words.push((word.clone(), class)),
                    Answer::Number(_) => {}
                }
            }
        }
        words.extend(mapping.refused.iter().map(|word| (word.clone(), self.code(&Said::Refused))));
        words
    }

    /// What is said, as a number.
    fn code(&self, said: &Said) -> i32 {
        let class = |answer: &Answer| self.indicator.class_of(answer).map_or(CANNOT_BE_READ, i32::from);
        match said {
            Said::Answer(answer) => class(answer),
            Said::NotKnown => NOT_KNOWN,
            // It is an answer where it is one of the question's own, as to a question about agreement.
            Said::Refused => self.indicator.class_of(&Answer::Word("refused".to_owned())).map_or(REFUSED, i32::from),
            // No word of a mapping says two things.
            Said::TwoAccounts(..) => CANNOT_BE_READ,
        }
    }

    /// The class of a number.
    fn number(&self, text: &str) -> String {
        let Kind::Number { from, to, cuts, .. } = &self.indicator.kind else { return CANNOT_BE_READ.to_string() };
        let number = self.query.dialect.number(text);
        let class = |number: i64| self.indicator.class_of_number(number).map_or(CANNOT_BE_READ, i32::from);
        let before = |cut: &i64| format!("WHEN {number} < {cut} THEN {} ", class(cut - 1));
        let classes: String = cuts.iter().map(before).collect();
        format!("CASE WHEN {number} < {from} OR {number} > {to} THEN {CANNOT_BE_READ} {classes}ELSE {} END", class(*to))
    }
}

/// Whether something was said of a fact that is no answer: asked and not known, or refused.
pub(super) fn is_spoken_of(name: &str) -> String {
    format!("{name} > {NOT_TOLD}")
}
