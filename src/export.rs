//! Export: a rule set as one SQL query, for a table of referrals that stays where it is.
//!
//! For each row of a table it gives what `level::bounds` gives, and which rules were met. It is written from the
//! checked rule set, layer by layer, in the order of the evaluator: what each cell says, which facts are considered, the
//! criteria, the needs, how they are counted, the level. Nothing here reads a table; `docs/sql.md` says how it is run.
//!
//! SQL has the three values that an evaluation needs, and here each has one meaning only: a condition is true where it
//! holds whatever is not known, false where it cannot hold, and NULL in between. The shape rule makes both passes of the
//! evaluator one condition, for nothing that holds with less concern falls with more: `IS TRUE` is the least pass, `IS
//! NOT FALSE` the greatest.

mod dialect;

mod query;

mod mapping;

mod told;

mod conditions;

mod considered;

mod findings;

mod counted;

pub use dialect::Dialect;
pub use mapping::TableMapping;

use crate::criteria::RuleSet;
use counted::Counted;
use findings::Findings;
use query::{Query, one_line};

/// The columns of the answer, after those by which a row is known.
pub const ANSWER: [&str; 7] =
    ["level", "at_least", "at_most", "criteria_met", "thresholds_reached", "cannot_be_read", "rule_set"];

/// What is written.
#[derive(Debug)]
pub struct Export<'r> {
    /// The rules.
    pub rules: &'r RuleSet,
    /// What the columns mean.
    pub mapping: &'r TableMapping,
    /// For which database.
    pub dialect: Dialect,
    /// The table, with its schema where it has one.
    pub table: &'r str,
    /// The view that the query becomes; a plain query where there is none.
    pub view: Option<&'r str>,
}

impl Export<'_> {
    /// The query.
    pub fn sql(&self) -> String {
        let Self { rules, mapping, dialect, table, view } = *self;
        let mut query = Query::new(dialect);
        told::cells(rules, mapping, table, &mut query);
        told::told(rules, mapping, &mut query);
        let softened = considered::considered(rules, mapping, &mut query);
        let findings = Findings { rules, softened: &softened };
        findings.criteria(&mut query);
        findings.needs(mapping.keys.len(), &mut query);
        Counted { rules, softened: &softened }.level(mapping.keys.len(), &mut query);
        let answer = self.answer(&query);
        format!("{}{}{}", self.head(), view.map_or_else(String::new, |view| dialect.create_view(view)), answer)
    }

    fn head(&self) -> String {
        let id = self.rules.id();
        format!(
            "-- {} {}, {}\n-- Written by windscreen {} for {}. A person decides.\n-- true: it holds, whatever is not \
             known; false: it cannot hold; NULL: it depends on what is not known.\n",
            one_line(&id.framework),
            one_line(&id.version),
            id.digest,
            env!("CARGO_PKG_VERSION"),
            self.dialect.name(),
        )
    }

    /// What is selected in the end. A row that cannot be read has no level, and says why.
    fn answer(&self, query: &Query) -> String {
        let dialect = self.dialect;
        let name = |column: &str| dialect.name_of(column);
        let readable = |value: String| format!("CASE WHEN {} IS NULL THEN {value} END", name("cannot_be_read"));
        let (least, most) = (name("level__least"), name("level__most"));
        let mut columns: Vec<String> = self
            .mapping
            .keys
            .iter()
            .enumerate()
            .map(|(place, key)| format!("{} AS {}", name(&query::key(place)), name(key)))
            .collect();
        let answered = [
            readable(format!("CASE WHEN {least} = {most} THEN {least} END")),
            readable(format!("LEAST({least}, {most})")),
            readable(format!("GREATEST({least}, {most})")),
            readable(name("criteria_met")),
            readable(name("thresholds_reached")),
            name("cannot_be_read"),
            dialect.text(&self.rules.id().digest),
        ];
        columns.extend(answered.into_iter().zip(ANSWER).map(|(value, column)| format!("{value} AS {}", name(column))));
        format!("{}SELECT\n  {}\nFROM {};\n", query.text(), columns.join(",\n  "), query.last())
    }
}
