//! Conditions as SQL: of what is known, of what was stated, and of what was asked.

use super::dialect::Dialect;
use super::query::{all, any, one_line};
use crate::criteria::{ClassSet, Condition, Kind, Need, Outcome, RuleSet, Table, all_classes};
use crate::facts::FactIndex;

/// Conditions of one rule set in one dialect.
#[derive(Clone, Copy)]
pub(super) struct Conditions<'r> {
    pub rules: &'r RuleSet,
    pub dialect: Dialect,
}

impl Conditions<'_> {
    pub fn name(&self, fact: FactIndex) -> String {
        self.dialect.name_of(&self.rules.indicators[fact].id)
    }

    /// Whether a known answer is among some classes; what is told otherwise than by an answer is below all of them.
    pub fn is_among(&self, fact: FactIndex, classes: ClassSet) -> String {
        let count = self.rules.indicators[fact].classes.len();
        let classes = classes & all_classes(count);
        let name = self.name(fact);
        let least = classes.trailing_zeros() as usize;
        let beyond = (least..count).find(|class| classes >> class & 1 == 0).unwrap_or(count);
        let is_one_range = (beyond..count).all(|class| classes >> class & 1 == 0);
        let test = match (least, beyond) {
            _ if least >= count => return "FALSE".to_owned(),
            _ if !is_one_range => {
                let each = (0..count).filter(|class| classes >> class & 1 == 1).map(|class| class.to_string());
                format!("{name} IN ({})", each.collect::<Vec<_>>().join(", "))
            }
            (least, beyond) if beyond == count => format!("{name} >= {least}"),
            (least, beyond) if least + 1 == beyond => format!("{name} = {least}"),
            (least, beyond) => format!("{name} BETWEEN {least} AND {}", beyond - 1),
        };
        match self.in_words(fact, classes) {
            Some(words) => format!("{test} /* {} */", one_line(&words)),
            None => test,
        }
    }

    /// Classes in the words of the rules; nothing of a yes/no question, where the fact's name says it.
    fn in_words(&self, fact: FactIndex, classes: ClassSet) -> Option<String> {
        let indicator = &self.rules.indicators[fact];
        let (least, last) = (classes.trailing_zeros(), ClassSet::BITS - 1 - classes.leading_zeros());
        match indicator.kind {
            Kind::YesNo { concern: true } if least > 0 => None,
            Kind::YesNo { concern } => Some(if concern == (least > 0) { "yes" } else { "no" }.to_owned()),
            Kind::Number { .. } => Some(indicator.in_words(u8::try_from(least).ok()?, u8::try_from(last).ok()?)),
            Kind::Choice => Some(indicator.classes.get(least as usize)?.answer.to_string().replace(' ', "_")),
        }
    }

    /// A condition in three values, over facts that are NULL where they are considered and not known.
    pub fn holds(&self, condition: &Condition, need: &dyn Fn(&Need) -> String) -> String {
        let each = |parts: &[Condition]| parts.iter().map(|part| self.holds(part, need)).collect::<Vec<_>>();
        match condition {
            Condition::All(parts) => all(&each(parts)),
            Condition::Any(parts) => any(&each(parts)),
            // Every answer is among all of them, known or not.
            Condition::Test { fact, classes } if classes & 1 == 1 && self.rules.is_ordered(*fact) => "TRUE".to_owned(),
            Condition::Test { fact, classes } => self.is_among(*fact, *classes),
            Condition::Holds(criterion) => self.dialect.name_of(&self.rules.criteria[*criterion].id),
            Condition::Need(of) => need(of),
            Condition::Table(table) => self.table(&self.rules.tables[*table]),
            // The checks keep it out of whatever gives something; should they ever not, it is not known.
            Condition::Stated { .. } => "CAST(NULL AS BOOLEAN)".to_owned(),
        }
    }

    /// A condition on which something softens: of what was stated or is presumed, so it is true or false.
    pub fn softens(&self, condition: &Condition) -> String {
        let each = |parts: &[Condition]| parts.iter().map(|part| self.softens(part)).collect::<Vec<_>>();
        match condition {
            Condition::All(parts) => all(&each(parts)),
            Condition::Any(parts) => any(&each(parts)),
            Condition::Stated { fact, classes } => self.is_among(*fact, *classes),
            Condition::Test { fact, classes } => {
                let test = self.is_among(*fact, *classes);
                let presumed = self.rules.index.presumptions.iter().find(|(presumed, _)| presumed == fact);
                match presumed {
                    Some((_, class)) if classes >> class & 1 == 1 => any(&[test, format!("{} < 0", self.name(*fact))]),
                    _ => test,
                }
            }
            Condition::Holds(criterion) => self.softens(&self.rules.criteria[*criterion].when),
            // The checks keep these out of what lowers.
            Condition::Need(_) | Condition::Table(_) => "FALSE".to_owned(),
        }
    }

    /// Whether a question is asked, in three values, over what was told; presumptions do not count as told.
    pub fn asks(&self, condition: &Condition) -> String {
        let each = |parts: &[Condition]| parts.iter().map(|part| self.asks(part)).collect::<Vec<_>>();
        match condition {
            Condition::All(parts) => all(&each(parts)),
            Condition::Any(parts) => any(&each(parts)),
            Condition::Test { fact, classes } => {
                format!("(CASE WHEN {} >= 0 THEN {} END)", self.name(*fact), self.is_among(*fact, *classes))
            }
            Condition::Stated { fact, classes } => self.is_among(*fact, *classes),
            Condition::Holds(criterion) => self.asks(&self.rules.criteria[*criterion].when),
            // The checks keep these out of gates.
            Condition::Need(_) | Condition::Table(_) => "CAST(NULL AS BOOLEAN)".to_owned(),
        }
    }

    /// A script's table: as concern rises it never goes from true to false, so its least rows say all of it. Where the
    /// script fails nothing is known, whatever the answers.
    fn table(&self, table: &Table) -> String {
        let holds = |outcome: Outcome| matches!(outcome, Outcome::True | Outcome::FailedAboveTrue);
        let surely = self.least_rows(table, &holds);
        if !table.rows.contains(&Outcome::Failed) {
            return surely;
        }
        let perhaps = self.least_rows(table, &|outcome| outcome != Outcome::False);
        format!("({surely} OR ({perhaps} AND CAST(NULL AS BOOLEAN)))")
    }

    fn least_rows(&self, table: &Table, wanted: &dyn Fn(Outcome) -> bool) -> String {
        let rules = self.rules;
        let reads: Vec<(FactIndex, usize, usize)> = table
            .reads
            .iter()
            .zip(&table.strides)
            .map(|(fact, stride)| (*fact, *stride, rules.indicators[*fact].classes.len()))
            .collect();
        let mut terms = Vec::new();
        for (row, _) in table.rows.iter().enumerate().filter(|(_, outcome)| wanted(**outcome)) {
            let beyond: Vec<(FactIndex, usize, usize)> = reads
                .iter()
                .map(|(fact, stride, size)| (*fact, *stride, row / stride % size))
                .filter(|(.., class)| *class > 0)
                .collect();
            if beyond.iter().any(|(_, stride, _)| wanted(table.rows[row - stride])) {
                continue;
            }
            let from = |class: usize| !((1_u128 << class) - 1);
            let tests: Vec<String> = beyond.iter().map(|(fact, _, class)| self.is_among(*fact, from(*class))).collect();
            terms.push(all(&tests));
        }
        any(&terms)
    }
}
