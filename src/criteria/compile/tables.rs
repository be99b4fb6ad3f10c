//! Scripts: run once over all answers of their reads, then tables over classes like everything else.

use std::collections::{BTreeMap, BTreeSet};

use super::compiler::Compiler;
use crate::criteria::entries::{ConditionEntry, IndicatorEntry, ScriptEntry};
use crate::criteria::script::{self, Read, ReadAnswers, Row};
use crate::criteria::yaml::{Entry, Source};
use crate::criteria::{Kind, Outcome, Table};
use crate::diagnostic::Diagnostic;
use crate::facts::{Answer, FactIndex};

/// Every script that a criterion names, tabulated over raw answers.
#[derive(Default)]
pub(super) struct Scripts {
    /// Per number fact: where some script's answer changes.
    pub cuts: BTreeMap<String, BTreeSet<i64>>,
    tabulated: Vec<Tabulated>,
}

struct Tabulated {
    name: String,
    reads: Vec<FactIndex>,
    answers: Vec<ReadAnswers>,
    rows: Vec<Row>,
}

impl Compiler<'_, '_> {
    /// Runs every script that a criterion names.
    pub(super) fn tabulate(&mut self) -> Scripts {
        let mut scripts = Scripts::default();
        let mut rows_left = script::MAX_TABLE_ROWS;
        let criteria: Vec<_> = self.draft.criteria().map(|(_, criterion)| criterion).collect();
        let mut named: BTreeMap<&str, &ScriptEntry> = BTreeMap::new();
        for criterion in criteria {
            let mut found = Vec::new();
            scripts_in(&criterion.value.when, &mut found);
            for script in found {
                let first = *named.entry(&script.name).or_insert(script);
                if first.reads != script.reads {
                    let message = format!("script `{}` is named twice with different `reads`", script.name);
                    self.tell(Diagnostic::error("script-two-reads", message).at(criterion.place(&["when".into()])));
                } else if std::ptr::eq(first, script)
                    && let Some(tabulated) = self.run(script, &criterion.entry, rows_left)
                {
                    rows_left -= tabulated.rows.len();
                    scripts.note_cuts(&tabulated, self);
                    scripts.tabulated.push(tabulated);
                }
            }
        }
        for (name, source) in &self.draft.scripts {
            if !named.contains_key(name) {
                let message = format!("no criterion names the script `{name}`");
                let place = source.place(1, 1, 1);
                self.problems.push(Diagnostic::warning("unused-script", message).at(Some(place)));
            }
        }
        scripts
    }

    fn run(&mut self, script: &ScriptEntry, entry: &Entry<'_>, rows_left: usize) -> Option<Tabulated> {
        let place = entry.place(&["when".into()]);
        let Some(&source) = self.draft.scripts.get(script.name.as_str()) else {
            let message = format!("there is no script `scripts/{}.rhai`", script.name);
            let problem = Diagnostic::error("missing-file", message).at(Some(place));
            self.tell(problem.suggest(&script.name, self.draft.scripts.keys().copied()));
            return None;
        };
        let (reads, facts) = self.reads_declared(script, entry)?;
        let table = match script::tabulate(source.text, &reads, rows_left) {
            Ok(table) => table,
            Err(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| in_source(problem, source)));
                return None;
            }
        };
        if let Some((row, error)) = &table.first_error {
            let failed = table.rows.iter().filter(|row| **row == Row::Error).count();
            let message = format!(
                "the script fails for {failed} of {} combinations of answers, first {}: {error}",
                table.rows.len(),
                combination(*row, &reads)
            );
            let problem = Diagnostic::warning("script-fails", message).at(Some(source.place(1, 1, 1)));
            self.tell(problem.help("those rows count as not known: they can widen an answer, never lower it"));
        }
        if let Some(constant) = table.constant {
            let message = format!("the script answers {constant} whatever the facts");
            self.tell(Diagnostic::error("constant-condition", message).at(Some(source.place(1, 1, 1))));
            return None;
        }
        for (read, _) in script.reads.iter().zip(&table.used).filter(|(_, used)| !**used) {
            let message = format!("the script names `{read}`, and answers the same whatever it is");
            let problem = Diagnostic::warning("script-idle-read", message).at(Some(source.place(1, 1, 1)));
            self.tell(problem.help("leave it out of the script and of `reads`"));
        }
        let answers = reads.into_iter().map(|read| read.answers).collect();
        Some(Tabulated { name: script.name.clone(), reads: facts, answers, rows: table.rows })
    }

    fn reads_declared(&mut self, script: &ScriptEntry, entry: &Entry<'_>) -> Option<(Vec<Read>, Vec<FactIndex>)> {
        let place = entry.place(&["when".into()]);
        let mut reads = Vec::new();
        let mut facts = Vec::new();
        let mut fine = true;
        for id in &script.reads {
            let Some(&fact) = self.names.facts.get(id.as_str()) else {
                let message = format!("script `{}` reads `{id}`, a fact that no file defines", script.name);
                let problem = Diagnostic::error("unknown-fact", message).at(Some(place.clone()));
                self.tell_unknown(problem.suggest(id, self.names.facts.keys().copied()), id);
                fine = false;
                continue;
            };
            let indicator = self.draft.indicators().nth(fact).map(|(_, fact)| &fact.value)?;
            match read_answers(indicator) {
                Ok(answers) => reads.push(Read { fact: id.clone(), answers }),
                Err(reason) => {
                    let message = format!("script `{}` cannot read `{id}`: {reason}", script.name);
                    self.tell(Diagnostic::error("script-read", message).at(Some(place.clone())));
                    fine = false;
                }
            }
            facts.push(fact);
        }
        fine.then_some((reads, facts))
    }

    /// Turns raw rows into rows over classes, once the classes are known.
    pub(super) fn tables(&mut self, scripts: &Scripts) {
        for script in &scripts.tabulated {
            let sizes: Vec<usize> = script.reads.iter().map(|fact| self.indicators[*fact].classes.len()).collect();
            let strides = strides(&sizes);
            let count: usize = sizes.iter().product();
            let raw_strides = strides_of_answers(&script.answers);
            let mut rows = Vec::with_capacity(count);
            for row in 0..count {
                let raw: usize = script
                    .reads
                    .iter()
                    .enumerate()
                    .map(|(read, fact)| {
                        let class = row / strides[read] % sizes[read];
                        self.raw_index(*fact, class, &script.answers[read]) * raw_strides[read]
                    })
                    .sum();
                rows.push(match script.rows[raw] {
                    Row::True => Outcome::True,
                    Row::False => Outcome::False,
                    Row::Error => Outcome::Failed,
                });
            }
            close_upwards(&mut rows, &strides, &sizes);
            self.tables.push(Table { name: script.name.clone(), reads: script.reads.clone(), strides, rows });
        }
    }

    /// Where a class stands among the raw answers of its fact.
    fn raw_index(&self, fact: FactIndex, class: usize, answers: &ReadAnswers) -> usize {
        let indicator = &self.indicators[fact];
        match (&indicator.kind, &indicator.classes[class].answer, answers) {
            (_, Answer::YesNo(value), _) => usize::from(*value),
            (Kind::Number { from, .. }, Answer::Number(number), _) => usize::try_from(number - from).unwrap_or(0),
            _ => class,
        }
    }
}

impl Scripts {
    /// Cuts every number that a script reads where two neighbouring numbers give different rows.
    fn note_cuts(&mut self, script: &Tabulated, compiler: &Compiler<'_, '_>) {
        let strides = strides_of_answers(&script.answers);
        for (read, answers) in script.answers.iter().enumerate() {
            let ReadAnswers::Number { from, to } = answers else { continue };
            let Some((_, fact)) = compiler.draft.indicators().nth(script.reads[read]) else { continue };
            let cuts = self.cuts.entry(fact.value.id.clone()).or_default();
            for (index, number) in (*from..*to).enumerate() {
                let differs = (0..script.rows.len())
                    .filter(|row| row / strides[read] % count(answers) == index)
                    .any(|row| script.rows[row] != script.rows[row + strides[read]]);
                if differs {
                    cuts.insert(number + 1);
                }
            }
        }
    }
}

/// A failed row above one that holds must hold too, or failing would lower an answer as concern rises. A row that does
/// not hold above a failed one counts as failed for the same reason: what could not be ruled out with less concern is
/// not ruled out with more, and the greatest pass looks at the greatest row alone.
fn close_upwards(rows: &mut [Outcome], strides: &[usize], sizes: &[usize]) {
    // Rows are numbered so that every lesser combination comes before a greater one.
    for row in 0..rows.len() {
        let below = |outcomes: &[Outcome]| {
            let mut dimensions = strides.iter().zip(sizes);
            dimensions.any(|(stride, size)| row / stride % size > 0 && outcomes.contains(&rows[row - stride]))
        };
        let holds_below = below(&[Outcome::True, Outcome::FailedAboveTrue]);
        rows[row] = match rows[row] {
            Outcome::Failed if holds_below => Outcome::FailedAboveTrue,
            Outcome::False if !holds_below && below(&[Outcome::Failed]) => Outcome::Failed,
            outcome => outcome,
        };
    }
}

fn scripts_in<'c>(condition: &'c ConditionEntry, found: &mut Vec<&'c ScriptEntry>) {
    match condition {
        ConditionEntry::All(parts) | ConditionEntry::Any(parts) => {
            parts.iter().for_each(|part| scripts_in(part, found))
        }
        ConditionEntry::Not(part) | ConditionEntry::Stated(part) => scripts_in(part, found),
        ConditionEntry::Script(script) => found.push(script),
        ConditionEntry::Bare(_) | ConditionEntry::Fact(..) | ConditionEntry::Need(_) => {}
    }
}

fn read_answers(entry: &IndicatorEntry) -> Result<ReadAnswers, &'static str> {
    if !entry.ordered {
        return Err("its answers have no order of concern, so what is not known could not be bounded");
    }
    if entry.protects {
        return Err("a protective fact is looked at only inside `stated`");
    }
    match (&entry.answers, entry.number) {
        (Some(answers), _) => Ok(ReadAnswers::Choice(answers.keys().cloned().collect())),
        (None, Some(number)) if number.never.is_some() => Err("`never` is not a number; write a criterion instead"),
        (None, Some(number)) => Ok(ReadAnswers::Number { from: number.from, to: number.to }),
        (None, None) => Ok(ReadAnswers::YesNo),
    }
}

fn in_source(problem: script::ScriptProblem, source: Source<'_>) -> Diagnostic {
    let place = source.place(problem.line, problem.column, problem.length);
    let diagnostic = Diagnostic::error(problem.code, problem.message).at(Some(place));
    match problem.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn count(answers: &ReadAnswers) -> usize {
    match answers {
        ReadAnswers::YesNo => 2,
        ReadAnswers::Choice(words) => words.len(),
        ReadAnswers::Number { from, to } => usize::try_from(to - from + 1).unwrap_or(1),
    }
}

fn strides_of_answers(answers: &[ReadAnswers]) -> Vec<usize> {
    strides(&answers.iter().map(count).collect::<Vec<_>>())
}

/// How far apart neighbours in each dimension are; the last is fastest.
fn strides(sizes: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; sizes.len()];
    for dimension in (1..sizes.len()).rev() {
        strides[dimension - 1] = strides[dimension] * sizes[dimension];
    }
    strides
}

/// A raw row in words: no fact about a child, since it is made up by counting.
fn combination(row: usize, reads: &[Read]) -> String {
    let answers: Vec<ReadAnswers> = reads.iter().map(|read| read.answers.clone()).collect();
    let strides = strides_of_answers(&answers);
    let parts = reads.iter().zip(strides).map(|(read, stride)| {
        let index = row / stride % count(&read.answers);
        let answer = match &read.answers {
            ReadAnswers::YesNo => (index == 1).to_string(),
            ReadAnswers::Choice(words) => words[index].clone(),
            ReadAnswers::Number { from, .. } => (from + i64::try_from(index).unwrap_or(0)).to_string(),
        };
        format!("{} = {answer}", read.fact)
    });
    parts.collect::<Vec<_>>().join(", ")
}
