//! A table of children counted in two ways at once, told so that no small count can be worked out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counted::Counted;
use super::hide::hide;
use super::pool::{Order, Pooled, pool};

/// So many facts, and so many criteria, are told of.
const MANY: usize = 15;

/// One way to count children: each child falls into one category.
pub struct Way<'w> {
    /// What the ways are called together, as "Level decided".
    pub title: &'w str,
    /// The categories.
    pub labels: Vec<String>,
    /// Whether they have an order.
    pub order: Order,
    /// The category of a child.
    pub of: Box<dyn Fn(&Counted) -> usize + 'w>,
    /// Whether categories without any child are listed beside the table, and not in it.
    pub is_long: bool,
}

impl<'w> Way<'w> {
    /// A way to count.
    pub fn new(
        title: &'w str,
        labels: impl IntoIterator<Item = impl Into<String>>,
        order: Order,
        of: impl Fn(&Counted) -> usize + 'w,
    ) -> Self {
        Self { title, labels: labels.into_iter().map(Into::into).collect(), order, of: Box::new(of), is_long: false }
    }

    /// The same where there are so many categories that those without any child are listed beside the table.
    #[must_use]
    pub fn long(self) -> Self {
        Self { is_long: true, ..self }
    }

    /// How its categories are told of some children.
    pub fn pool(&self, children: &[&Counted], small: u64) -> Option<Pooled> {
        let mut counts = vec![0; self.labels.len()];
        children.iter().for_each(|child| counts[(self.of)(child)] += 1);
        pool(&self.labels, &counts, self.order, small)
    }
}

/// One count, as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// So many.
    Count(u64),
    /// Hidden, because it or another could be worked out.
    Hidden,
}

impl Cell {
    /// The count, where it is told.
    pub fn count(self) -> Option<u64> {
        if let Self::Count(count) = self { Some(count) } else { None }
    }
}

/// Children counted in two ways at once. Every total is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What the rows are.
    pub rows_are: String,
    /// What the columns are.
    pub columns_are: String,
    /// The columns.
    pub columns: Vec<String>,
    /// The rows, each with its total.
    pub rows: Vec<Row>,
    /// The totals of the columns; none where a child may stand in several rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Vec<u64>>,
    /// All children.
    pub total: u64,
    /// Categories without any child that have no row or column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<String>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is called.
    pub label: String,
    /// The counts.
    pub counts: Vec<Cell>,
    /// All its children; nothing where they are too few to tell.
    pub total: Option<u64>,
}

/// Counts children in two ways at once; nothing where they are too few.
pub fn table(children: &[&Counted], rows: &Way<'_>, columns: &Way<'_>, small: u64) -> Option<Table> {
    let [of_rows, of_columns] = [rows.pool(children, small)?, columns.pool(children, small)?];
    let mut counts = vec![vec![0_u64; of_columns.labels.len()]; of_rows.labels.len()];
    for child in children {
        counts[of_rows.group_of[(rows.of)(child)]][of_columns.group_of[(columns.of)(child)]] += 1;
    }
    let hidden = hide(&counts, small);
    let told = |(count, hidden): (&u64, &bool)| if *hidden { Cell::Hidden } else { Cell::Count(*count) };
    let rows_told = of_rows.labels.into_iter().zip(counts.iter().zip(&hidden)).map(|(label, (counts, hidden))| Row {
        label,
        counts: counts.iter().zip(hidden).map(told).collect(),
        total: Some(counts.iter().sum()),
    });
    let mut table = Table {
        rows_are: rows.title.to_owned(),
        columns_are: columns.title.to_owned(),
        columns: of_columns.labels,
        rows: rows_told.collect(),
        totals: Some(of_columns.totals),
        total: children.len() as u64,
        none: Vec::new(),
    };
    if rows.is_long {
        let none = table.rows.extract_if(.., |row| row.total == Some(0));
        table.none = none.map(|row| row.label).collect();
    }
    if columns.is_long {
        table.none = table.without_empty_columns();
    }
    Some(table)
}

impl Table {
    /// Takes out the columns without any child; their names.
    pub fn without_empty_columns(&mut self) -> Vec<String> {
        let columns = 0..self.columns.len();
        let (none, some): (Vec<usize>, Vec<usize>) =
            columns.partition(|column| self.rows.iter().all(|row| row.counts[*column] == Cell::Count(0)));
        let names = none.iter().map(|column| self.columns[*column].clone()).collect();
        for row in &mut self.rows {
            row.counts = some.iter().map(|column| row.counts[*column]).collect();
        }
        self.totals = self.totals.as_ref().map(|totals| some.iter().map(|column| totals[*column]).collect());
        self.columns = some.into_iter().map(|column| std::mem::take(&mut self.columns[column])).collect();
        names
    }
}

/// Counts children in one way; nothing where they are too few.
pub fn list(children: &[&Counted], rows: &Way<'_>, small: u64) -> Option<Table> {
    let pooled = rows.pool(children, small)?;
    let row = |(label, total): (String, u64)| Row { label, counts: vec![Cell::Count(total)], total: Some(total) };
    Some(Table {
        rows_are: rows.title.to_owned(),
        columns_are: String::new(),
        columns: vec!["Children".to_owned()],
        rows: pooled.labels.into_iter().zip(pooled.totals).map(row).collect(),
        totals: None,
        total: children.len() as u64,
        none: Vec::new(),
    })
}

/// Counts the children of whom each of several things is told, by another way; those that are told most often come
/// first, and no more than fifteen. A child may stand in several rows. What is told of too few children, or of all but
/// too few, is left out.
pub fn each(
    children: &[&Counted],
    rows_are: &str,
    told_of: impl Fn(&Counted) -> &[String],
    named: impl Fn(&str) -> String,
    columns: &Way<'_>,
    small: u64,
) -> Option<Table> {
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    children.iter().flat_map(|child| told_of(child)).for_each(|id| *often.entry(id).or_default() += 1);
    let mut often: Vec<(&str, usize)> = often.into_iter().collect();
    often.sort_by_key(|(id, count)| (Reverse(*count), *id));
    often.truncate(MANY);
    let is_long = columns.is_long;
    // Every row has the same columns: which are empty is told when all are there.
    let columns = &Way { of: Box::new(&columns.of), labels: columns.labels.clone(), is_long: false, ..*columns };
    let mut told: Option<Table> = None;
    for (id, _) in often {
        let holds = |child: &Counted| told_of(child).iter().any(|one| one == id);
        let way = Way::new("", ["yes", "no"], Order::Unordered, |child| usize::from(!holds(child)));
        let Some(one) = table(children, &way, columns, small) else { continue };
        let Some(row) = one.rows.into_iter().find(|row| row.label == "yes") else { continue };
        let row = Row { label: named(id), ..row };
        let first = || Table {
            rows_are: rows_are.to_owned(),
            columns_are: one.columns_are,
            columns: one.columns,
            rows: Vec::new(),
            totals: None,
            total: one.total,
            none: Vec::new(),
        };
        told.get_or_insert_with(first).rows.push(row);
    }
    if let Some(told) = told.as_mut().filter(|_| is_long) {
        told.none = told.without_empty_columns();
    }
    told
}

/// A share in tenths of a percent, rounded half up.
pub fn per_mille(part: u64, of: u64) -> Option<u64> {
    (of > 0).then(|| (part * 2000 + of) / (of * 2))
}

/// A share as people read it.
pub fn percent(part: u64, of: u64) -> String {
    per_mille(part, of).map_or_else(|| "not available".to_owned(), |share| format!("{}.{} %", share / 10, share % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_and_have_a_denominator() {
        assert_eq!(
            [(1, 8), (1, 3), (2, 3), (0, 5)].map(|(part, of)| percent(part, of)),
            ["12.5 %", "33.3 %", "66.7 %", "0.0 %"]
        );
        assert_eq!(per_mille(1, 2000), Some(1));
        assert_eq!(percent(0, 0), "not available");
    }
}
