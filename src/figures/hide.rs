//! Which counts of a table are hidden, so that no small one can be worked out.
//!
//! A reader knows every total: of each row, of each column, and all. Small counts are hidden, and then others beside
//! them, until what is told leaves at least so many possible values for each hidden count as a small one has. How far
//! a hidden count could be lower or higher is a greatest flow between its row and its column through the other hidden
//! counts; counts are whole and totals fixed, so the flow tells it exactly.

/// So many values must stay possible for a count that is hidden.
pub const VALUES: u64 = 5;

/// Which counts of a table are hidden; `counts` has a row for each row, all of one length, and every total is known to
/// the reader. Totals of rows and columns are nought or more than `small`; then hiding everything hides enough.
pub fn hide(counts: &[Vec<u64>], small: u64) -> Vec<Vec<bool>> {
    let is_small = |count: &u64| (1..=small).contains(count);
    let mut hidden: Vec<Vec<bool>> = counts.iter().map(|row| row.iter().map(is_small).collect()).collect();
    while let Some((row, column)) = given_away(counts, &hidden, small) {
        let Some((row, column)) = next_to_hide(counts, &hidden, row, column) else { break };
        hidden[row][column] = true;
    }
    hidden
}

/// The first hidden count that a reader could place too closely, alone or summed with those hidden beside it.
fn given_away(counts: &[Vec<u64>], hidden: &[Vec<bool>], small: u64) -> Option<(usize, usize)> {
    let places = || (0..counts.len()).flat_map(|row| (0..counts[row].len()).map(move |column| (row, column)));
    let sum = |line: &dyn Fn((usize, usize)) -> bool| -> u64 {
        let of_line = places().filter(|place| line(*place) && hidden[place.0][place.1]);
        of_line.map(|(row, column)| counts[row][column]).sum()
    };
    places().filter(|(row, column)| hidden[*row][*column]).find(|(row, column)| {
        let of_row = sum(&|(other, _)| other == *row);
        let of_column = sum(&|(_, other)| other == *column);
        of_row <= small || of_column <= small || values(counts, hidden, *row, *column) < VALUES
    })
}

/// What is hidden next: a count beside it that is not nought, where others of its row and column are hidden already, and
/// of those the smallest; else a nought beside it, else any.
fn next_to_hide(counts: &[Vec<u64>], hidden: &[Vec<bool>], row: usize, column: usize) -> Option<(usize, usize)> {
    let places = (0..counts.len()).flat_map(|row| (0..counts[row].len()).map(move |column| (row, column)));
    // Where a whole row or column is nought, everybody knows each of its counts.
    let is_empty = |row: usize, column: usize| {
        counts[row].iter().all(|count| *count == 0) || counts.iter().all(|row| row[column] == 0)
    };
    let open = places.filter(|(row, column)| !hidden[*row][*column] && !is_empty(*row, *column));
    open.min_by_key(|(other_row, other_column)| {
        let count = counts[*other_row][*other_column];
        let is_beside = *other_row == row || *other_column == column;
        // Each row and column of which something is hidden for the first time needs another hidden there.
        let opens_row = !hidden[*other_row].iter().any(|hidden| *hidden);
        let opens_column = !hidden.iter().any(|row| row[*other_column]);
        (!is_beside, count == 0, u8::from(opens_row) + u8::from(opens_column), count)
    })
}

/// How many values a reader thinks possible for a hidden count, but no more than are enough.
fn values(counts: &[Vec<u64>], hidden: &[Vec<bool>], row: usize, column: usize) -> u64 {
    let higher = flow(counts, hidden, (row, column), End::Column(column), End::Row(row), VALUES);
    let lower = flow(counts, hidden, (row, column), End::Row(row), End::Column(column), VALUES);
    higher + lower.min(counts[row][column]) + 1
}

/// A row or a column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Row(usize),
    Column(usize),
}

/// How much can be moved from one end to another through hidden counts other than one: a row's count goes up without
/// bound, a column's goes down to nought.
fn flow(counts: &[Vec<u64>], hidden: &[Vec<bool>], but: (usize, usize), from: End, to: End, most: u64) -> u64 {
    let mut left: Vec<Vec<u64>> = counts.to_vec();
    for moved in 0..most {
        let Some(path) = path(&left, hidden, but, from, to) else { return moved };
        for step in path.windows(2) {
            match (step[0], step[1]) {
                (End::Row(row), End::Column(column)) => left[row][column] += 1,
                (End::Column(column), End::Row(row)) => left[row][column] -= 1,
                _ => {}
            }
        }
    }
    most
}

/// The shortest way from one end to another by which one more can be moved.
fn path(left: &[Vec<u64>], hidden: &[Vec<bool>], but: (usize, usize), from: End, to: End) -> Option<Vec<End>> {
    let mut ways = vec![vec![from]];
    let mut seen = vec![from];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = *way.last()?;
            if last == to {
                return Some(way);
            }
            let next: Vec<End> = match last {
                End::Row(row) => (0..left[row].len())
                    .filter(|column| hidden[row][*column] && (row, *column) != but)
                    .map(End::Column)
                    .collect(),
                End::Column(column) => (0..left.len())
                    .filter(|row| hidden[*row][column] && left[*row][column] > 0 && (*row, column) != but)
                    .map(End::Row)
                    .collect(),
            };
            for end in next {
                if !seen.contains(&end) {
                    seen.push(end);
                    longer.push(way.iter().copied().chain([end]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every table of the same totals that agrees with what is told, by trying all: slow, and plainly right.
    fn possible(counts: &[Vec<u64>], hidden: &[Vec<bool>]) -> Vec<Vec<(u64, u64)>> {
        let places: Vec<(usize, usize)> = (0..counts.len())
            .flat_map(|row| (0..counts[row].len()).map(move |column| (row, column)))
            .filter(|(row, column)| hidden[*row][*column])
            .collect();
        let mut left_of_row = vec![0; counts.len()];
        let mut left_of_column = vec![0; counts[0].len()];
        for (row, column) in &places {
            left_of_row[*row] += counts[*row][*column];
            left_of_column[*column] += counts[*row][*column];
        }
        let mut found = counts.iter().map(|row| row.iter().map(|_| (u64::MAX, 0)).collect()).collect();
        fill(&places, &mut vec![], &mut left_of_row, &mut left_of_column, &mut found);
        found
    }

    fn fill(
        places: &[(usize, usize)],
        taken: &mut Vec<u64>,
        rows: &mut [u64],
        columns: &mut [u64],
        found: &mut Vec<Vec<(u64, u64)>>,
    ) {
        let Some((row, column)) = places.get(taken.len()).copied() else {
            if rows.iter().chain(columns.iter()).all(|left| *left == 0) {
                for ((row, column), count) in places.iter().zip(taken.iter()) {
                    let (least, most) = &mut found[*row][*column];
                    (*least, *most) = ((*least).min(*count), (*most).max(*count));
                }
            }
            return;
        };
        for count in 0..=rows[row].min(columns[column]) {
            rows[row] -= count;
            columns[column] -= count;
            taken.push(count);
            fill(places, taken, rows, columns, found);
            taken.pop();
            rows[row] += count;
            columns[column] += count;
        }
    }

    /// A table of three by two of which no total is itself a small count, as `pool` leaves them.
    fn tables(small: u64) -> impl Strategy<Value = Vec<Vec<u64>>> {
        prop::collection::vec(prop::collection::vec(prop_oneof![3 => 0_u64..4, 2 => 4_u64..9], 3), 2).prop_map(
            move |mut counts| {
                let is_small = |total: u64| (1..=small).contains(&total);
                for row in &mut counts {
                    if is_small(row.iter().sum()) {
                        row[0] += small + 1;
                    }
                }
                for column in 0..counts[0].len() {
                    if is_small(counts.iter().map(|row| row[column]).sum()) {
                        counts[1][column] += small + 1;
                    }
                }
                counts
            },
        )
    }

    proptest! {
        #[test]
        fn no_hidden_count_can_be_placed(counts in tables(5)) {
            let hidden = hide(&counts, 5);
            let possible = possible(&counts, &hidden);
            for (row, of_row) in counts.iter().enumerate() {
                for (column, count) in of_row.iter().enumerate() {
                    prop_assert!(hidden[row][column] || !(1..=5).contains(count), "{counts:?} {hidden:?}");
                    if hidden[row][column] {
                        let (least, most) = possible[row][column];
                        prop_assert!(most - least + 1 >= VALUES, "{counts:?} {hidden:?}: {row} {column} {least} {most}");
                        prop_assert_eq!(values(&counts, &hidden, row, column).min(VALUES), VALUES);
                    }
                }
            }
        }
    }

    #[test]
    fn how_far_a_count_can_be_placed_is_exact() {
        // One small count, and no more hidden than its row: its column tells it.
        let counts = vec![vec![1, 9], vec![20, 30]];
        assert_eq!(values(&counts, &[vec![true, true], vec![false, false]], 0, 0), 1);
        // All four hidden: from nought to what its row and its column have.
        assert_eq!(values(&counts, &[vec![true, true], vec![true, true]], 0, 0), VALUES + 1 + 1);
    }

    #[test]
    fn what_is_large_is_told() {
        let counts = vec![vec![30, 40, 50], vec![12, 0, 19]];
        assert!(hide(&counts, 5).iter().flatten().all(|hidden| !hidden));
    }
}
