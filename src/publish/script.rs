//! A script in words: the answers for which it holds.

use crate::criteria::{Condition, Outcome, RuleSet, Table};

/// More ways in which a script holds than anybody reads.
const MOST_WAYS: usize = 24;

/// A script as the least answers for which it holds; nothing where those do not say it all, or are too many to read.
pub(super) fn laid_out(rules: &RuleSet, table: &Table) -> Option<Condition> {
    let sizes: Vec<usize> = table.reads.iter().map(|fact| rules.indicators[*fact].classes.len()).collect();
    let holds = |row: usize| matches!(table.rows.get(row), Some(Outcome::True | Outcome::FailedAboveTrue));
    let class_in = |row: usize, read: usize| row / table.strides[read] % sizes[read];
    let is_ordered = |read: usize| rules.is_ordered(table.reads[read]);
    let is_least = |row: usize| {
        (0..sizes.len()).all(|read| !is_ordered(read) || class_in(row, read) == 0 || !holds(row - table.strides[read]))
    };
    let least: Vec<usize> = (0..table.rows.len()).filter(|row| holds(*row) && is_least(*row)).collect();
    // What always holds has nothing to say of any answer.
    if least.is_empty() || least.len() > MOST_WAYS || least == [0] {
        return None;
    }
    let is_beyond = |row: usize, least: usize| {
        (0..sizes.len()).all(|read| {
            let (class, asked) = (class_in(row, read), class_in(least, read));
            if is_ordered(read) { class >= asked } else { class == asked }
        })
    };
    let says_all = (0..table.rows.len()).all(|row| holds(row) == least.iter().any(|least| is_beyond(row, *least)));
    let way = |row: &usize| {
        let tests = (0..sizes.len()).filter(|read| !is_ordered(*read) || class_in(*row, *read) > 0);
        let tests = tests.map(|read| {
            let classes = if is_ordered(read) {
                class_in(*row, read)..sizes[read]
            } else {
                class_in(*row, read)..class_in(*row, read) + 1
            };
            Condition::Test { fact: table.reads[read], classes: classes.fold(0, |set, class| set | 1 << class) }
        });
        Condition::All(tests.collect())
    };
    says_all.then(|| Condition::Any(least.iter().map(way).collect()))
}
