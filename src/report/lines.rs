//! A figure as comma-separated values: a heading, then a row for each group. What is not told stands as `c`, and what
//! cannot be told is empty.

use crate::figures::{Body, Cell, Figure, Share};

/// The rows of a figure, the headings first. A share is in percent with one decimal.
pub fn rows(figure: &Figure) -> Vec<Vec<String>> {
    match &figure.body {
        Body::NotAvailable(why) => vec![vec!["not_available".into()], vec![why.clone()]],
        Body::Words(words) => {
            let rows = words.iter().map(|words| vec![words.clone()]);
            std::iter::once(vec![figure.title.clone()]).chain(rows).collect()
        }
        Body::Table(table) => {
            let mut head = vec![table.rows_are.clone()];
            head.extend((!table.columns_are.is_empty()).then(|| "Children".to_owned()));
            head.extend(table.columns.iter().cloned());
            let is_crossed = !table.columns_are.is_empty();
            let mut rows = vec![head];
            for row in &table.rows {
                let total = is_crossed.then(|| row.total.map_or_else(|| "c".to_owned(), |total| total.to_string()));
                let counts = row.counts.iter().map(|cell| match cell {
                    Cell::Count(count) => count.to_string(),
                    Cell::Hidden => "c".to_owned(),
                });
                rows.push([row.label.clone()].into_iter().chain(total).chain(counts).collect());
            }
            if let Some(totals) = &table.totals {
                let totals = totals.iter().map(u64::to_string);
                rows.push(["All".to_owned(), table.total.to_string()].into_iter().chain(totals).collect());
            }
            rows
        }
        Body::Shares(shares) => {
            let part = format!("Of them {}", shares.share_of);
            let head =
                ["Children", &part, "Share", "99.8 % from", "95 % from", "95 % to", "99.8 % to"].map(str::to_owned);
            let mut rows: Vec<Vec<String>> = vec![[shares.rows_are.clone()].into_iter().chain(head).collect()];
            for Share { label, of, part, share, limits } in &shares.rows {
                let count = |count: &Option<u64>| count.map_or_else(|| "c".to_owned(), |count| count.to_string());
                let tenths = |share: u64| format!("{}.{}", share / 10, share % 10);
                let limits = limits.map_or_else(|| vec![String::new(); 4], |limits| limits.map(tenths).to_vec());
                let own = [label.clone(), count(of), count(part), share.map(tenths).unwrap_or_default()];
                rows.push(own.into_iter().chain(limits).collect());
            }
            rows
        }
    }
}

/// A figure as comma-separated values.
///
/// # Errors
/// None but that of a writer, and memory is one that takes all.
pub fn lines(figure: &Figure) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows(figure) {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
