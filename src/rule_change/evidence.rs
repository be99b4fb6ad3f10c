//! What is known of rules before anybody agrees them: their problems, what is proved of them, the worked examples, what
//! they do to every possible referral, and how they would move the children who are on record.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::criteria::{RuleFile, RuleSet, load_to_prove};
use crate::diagnostic::{Diagnostic, Severity};
use crate::examples;
use crate::ladder::Rank;
use crate::proof::{Check, Difference, Diligence, Disagreement, Known, Pair, prove};
use crate::referral::{AGES, age_band};

/// What was worked out of proposed rules, against those that are in force until then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The rules.
    pub digest: String,
    /// Those that they were compared with.
    pub instead_of: String,
    /// How many problems keep them from being proposed.
    pub errors: usize,
    /// How many are for the board to weigh.
    pub warnings: usize,
    /// Every problem with its place, as `windscreen check` tells it.
    pub problems: Vec<Value>,
    /// The version that the rules call themselves; none where they do not load.
    pub version: Option<String>,
    /// From when on the rules say themselves that they are in force.
    pub from: Option<String>,
    /// What was proved of every possible referral, a line a check.
    pub proofs: Vec<Proved>,
    /// How many worked examples there are.
    pub examples: usize,
    /// Those that fail, by name.
    pub failing: Vec<FailingExample>,
    /// Whether some child could be answered lower, or nobody can rule it out.
    pub may_lower: bool,
    /// What the board reads first: who moves, in sentences.
    pub in_short: Vec<String>,
    /// What differs, and what that does: as `windscreen diff` tells it. None where the rules do not load.
    pub difference: Option<Value>,
    /// How the children on record would move; none where no record is kept.
    pub replay: Option<Replay>,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proved {
    /// What is proved where nothing is found.
    pub says: String,
    /// How often it was proved.
    pub proved: usize,
    /// How often it was refuted.
    pub refuted: usize,
    /// How often the board had accepted that beforehand.
    pub accepted: usize,
    /// How often the budget ran out.
    pub not_decided: usize,
}

/// A worked example that fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FailingExample {
    /// Its name.
    pub example: String,
    /// Its file.
    pub file: String,
    /// Each difference in a sentence.
    pub differences: Vec<String>,
}

/// How the children on record would move. A count of one to five is left out, and so is another beside it from which it
/// could be worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// How many children were evaluated again.
    pub children: Option<u64>,
    /// How many by each grouping.
    pub groups: Vec<Group>,
}

/// The children on record by one of their features.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The feature.
    pub by: By,
    /// One a value of it; the first is of all children.
    pub rows: Vec<Moves>,
}

/// By what children are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// All of them.
    All,
    /// The level that was indicated.
    Level,
    /// The kind of agency that referred.
    Agency,
    /// The topics that were raised; a child counts under each.
    Concern,
    /// Their age when it was referred.
    Age,
}

/// How many move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    /// The value.
    pub label: String,
    /// How many children there are.
    pub children: Option<u64>,
    /// Whose answer rises.
    pub up: Option<u64>,
    /// Whose answer falls.
    pub down: Option<u64>,
    /// Whose answer would be provisional, and was settled.
    pub newly_provisional: Option<u64>,
}

/// A child on record, evaluated again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The bounds that were indicated last.
    pub was: (Rank, Rank),
    /// The bounds under the other rules.
    pub would_be: (Rank, Rank),
    /// The kind of agency that referred.
    pub agency: String,
    /// The topics that were raised.
    pub concerns: Vec<String>,
    /// Their age in months, where it is known.
    pub age_in_months: Option<i64>,
}

impl Evidence {
    /// Works out all of it but the replay; and the rules, where they load.
    ///
    /// # Errors
    /// When a proof and the evaluator disagree: a mistake of this program.
    pub fn of(old: &RuleSet, files: &[RuleFile]) -> Result<(Self, Option<Arc<RuleSet>>), Disagreement> {
        let (mut loaded, places) = load_to_prove(files);
        let rules = loaded.rule_set.take().map(Arc::new);
        let proofs =
            rules.as_deref().map(|rules| prove(rules, &places, &loaded.problems, Diligence::default())).transpose()?;
        loaded.problems.extend(proofs.iter().flat_map(crate::proof::Proofs::problems));
        let difference = rules.as_deref().map(|rules| Difference::of(&Pair::of(old, rules), None)).transpose()?;
        let report = rules.as_deref().map(|rules| examples::run(rules, files));
        if let Some(report) = &report {
            loaded.problems.extend(report.problems.iter().cloned());
        }
        let failing = report.iter().flat_map(|report| &report.failures).map(|failure| FailingExample {
            example: failure.example.clone(),
            file: failure.file.clone(),
            differences: failure.differences.clone(),
        });
        let errors = loaded.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let evidence = Self {
            digest: loaded.digest,
            instead_of: old.id().digest.clone(),
            errors,
            warnings: loaded.problems.len() - errors,
            problems: loaded.problems.iter().map(problem).collect(),
            version: rules.as_deref().map(|rules| rules.id().version.clone()),
            from: rules.as_deref().map(|rules| rules.framework().in_force.from.clone()),
            proofs: proofs.iter().flat_map(|proofs| &proofs.checks).map(Proved::of).collect(),
            examples: report.as_ref().map_or(0, |report| report.examples),
            failing: failing.collect(),
            may_lower: difference.as_ref().is_none_or(|difference| difference.lowered != Known::None),
            in_short: difference.iter().flat_map(Difference::in_short).collect(),
            difference: difference.map(|difference| json!(difference)),
            replay: None,
        };
        Ok((evidence, rules))
    }

    /// The same against other rules than those that it was worked out against.
    ///
    /// # Errors
    /// When a proof and the evaluator disagree: a mistake of this program.
    pub fn compared_with(&self, old: &RuleSet, rules: &RuleSet) -> Result<Self, Disagreement> {
        let difference = Difference::of(&Pair::of(old, rules), None)?;
        Ok(Self {
            instead_of: old.id().digest.clone(),
            may_lower: difference.lowered != Known::None,
            in_short: difference.in_short(),
            difference: Some(json!(difference)),
            ..self.clone()
        })
    }

    /// The names of the examples that fail, each once.
    pub fn failing_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.failing.iter().map(|one| one.example.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn problem(problem: &Diagnostic) -> Value {
    json!(problem)
}

impl Proved {
    fn of(check: &Check) -> Self {
        Self {
            says: check.says.to_owned(),
            proved: check.proved,
            refuted: check.findings.len(),
            accepted: check.accepted.len(),
            not_decided: check.not_decided.len(),
        }
    }
}

/// The lowest count that is told, where it is not nought: as the Department for Education suppresses its own.
const LEAST_TOLD: u64 = 6;

#[derive(Debug, Clone, Default)]
struct Counted([u64; 4]);

impl Counted {
    fn add(&mut self, one: &Again) {
        let ((was_least, was_most), (least, most)) = (one.was, one.would_be);
        let order = least.cmp(&was_least).then(most.cmp(&was_most));
        self.0[0] += 1;
        self.0[1] += u64::from(order.is_gt());
        self.0[2] += u64::from(order.is_lt());
        self.0[3] += u64::from(was_least == was_most && least != most);
    }
}

impl Replay {
    /// Counts children who were evaluated again.
    pub fn of(children: impl IntoIterator<Item = Again>) -> Self {
        let mut counted: Vec<(By, i64, String, Counted)> = Vec::new();
        let mut add = |by: By, order: i64, label: &str, one: &Again| {
            let place = counted.iter().position(|(listed, _, known, _)| *listed == by && known == label);
            let place = place.unwrap_or_else(|| {
                counted.push((by, order, label.to_owned(), Counted::default()));
                counted.len() - 1
            });
            counted[place].3.add(one);
        };
        for one in children {
            add(By::All, 0, "All children", &one);
            let (least, most) = one.was;
            let level = if least == most { format!("Level {least}") } else { format!("Level {least} to {most}") };
            add(By::Level, i64::from(least) * 16 + i64::from(most), &level, &one);
            add(By::Agency, 0, &one.agency, &one);
            for concern in &one.concerns {
                add(By::Concern, 0, concern, &one);
            }
            let age = age_band(one.age_in_months);
            add(By::Age, age as i64, AGES[age], &one);
        }
        counted.sort_by(|(by, order, label, _), (other_by, other_order, other, _)| {
            (by, order, label).cmp(&(other_by, other_order, other))
        });
        let mut groups: Vec<(By, Vec<(String, Counted)>)> = Vec::new();
        for (by, _, label, counts) in counted {
            match groups.last_mut() {
                Some((last, rows)) if *last == by => rows.push((label, counts)),
                _ => groups.push((by, vec![(label, counts)])),
            }
        }
        let groups: Vec<Group> = groups.into_iter().map(|(by, rows)| Group { by, rows: told(rows) }).collect();
        let children = match groups.first() {
            Some(all) => all.rows.first().and_then(|all| all.children),
            None => Some(0),
        };
        Self { children, groups }
    }
}

/// The counts that are told. Of a column in which one count is left out, the next smallest is left out too: the column's
/// sum is known.
fn told(rows: Vec<(String, Counted)>) -> Vec<Moves> {
    let mut left_out = vec![[false; 4]; rows.len()];
    for column in 0..4 {
        let counts: Vec<u64> = rows.iter().map(|(_, counted)| counted.0[column]).collect();
        for (row, count) in counts.iter().enumerate() {
            left_out[row][column] = (1..LEAST_TOLD).contains(count);
        }
        if left_out.iter().filter(|row| row[column]).count() == 1 {
            let others = (0..counts.len()).filter(|row| !left_out[*row][column] && counts[*row] > 0);
            // Where nothing else stands beside it, a nought does not hide it: the whole column is left out.
            match others.min_by_key(|row| counts[*row]) {
                Some(next) => left_out[next][column] = true,
                None => left_out.iter_mut().for_each(|row| row[column] = true),
            }
        }
    }
    let moves = |(row, (label, Counted(counts))): (usize, (String, Counted))| {
        let count = |column: usize| (!left_out[row][column]).then_some(counts[column]);
        Moves { label, children: count(0), up: count(1), down: count(2), newly_provisional: count(3) }
    };
    rows.into_iter().enumerate().map(moves).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(was: (Rank, Rank), would_be: (Rank, Rank), agency: &str) -> Again {
        Again { was, would_be, agency: agency.to_owned(), concerns: Vec::new(), age_in_months: Some(30) }
    }

    #[test]
    fn children_are_counted_by_where_they_move() {
        let mut children = vec![again((3, 3), (3, 5), "school"); 7];
        children.extend(vec![again((4, 4), (3, 3), "police"); 8]);
        children.extend(vec![again((2, 2), (2, 2), "school"); 10]);
        let replay = Replay::of(children);
        assert_eq!(replay.children, Some(25));
        let all = &replay.groups[0].rows[0];
        assert_eq!((all.up, all.down, all.newly_provisional), (Some(7), Some(8), Some(7)));
        let levels: Vec<&str> = replay.groups[1].rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(levels, ["Level 2", "Level 3", "Level 4"]);
    }

    #[test]
    fn no_count_of_one_to_five_can_be_worked_out() {
        // Whatever stands in a column of three: what is told leaves at least two values for each count that is not.
        for counts in (0..512_u64).map(|number| [number % 8, number / 8 % 8, number / 64]) {
            let rows: Vec<(String, Counted)> =
                counts.iter().enumerate().map(|(row, count)| (row.to_string(), Counted([*count; 4]))).collect();
            let told: Vec<Option<u64>> = told(rows).into_iter().map(|row| row.up).collect();
            let sum: u64 = counts.iter().sum();
            for (row, count) in counts.into_iter().enumerate().filter(|(_, count)| (1..LEAST_TOLD).contains(count)) {
                assert_eq!(told[row], None, "{counts:?}");
                // The sum is told where it is large, or nought; every other way to fill what is left out is possible.
                let others: u64 = told.iter().flatten().sum();
                let hidden = told.iter().filter(|count| count.is_none()).count();
                let is_known = sum >= LEAST_TOLD && hidden == 1;
                assert!(!is_known, "{counts:?}: {count} is {sum} less {others}");
            }
        }
    }
}
