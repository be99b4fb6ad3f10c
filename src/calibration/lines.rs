//! A round as comma-separated values: every measure, and every rating from which they are reckoned again.

use std::collections::BTreeSet;

use serde_json::Value;

use super::results::{Agreed, Results};

/// Every measure, a row each: of what, its name, its value; empty where it cannot be reckoned.
///
/// # Errors
/// None but that of a writer, and memory is one that takes all.
pub fn agreement_lines(results: &Results) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["of", "name", "measure", "value"])?;
    let mut write = |of: &str, name: &str, agreed: &Agreed, ac: &str| -> Result<(), csv::Error> {
        let value = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.6}"));
        let (low, high) = agreed.interval.unzip();
        writer.write_record([of, name, "rated_by_two", &agreed.rated_by_two.to_string()])?;
        let own = [("agreement", agreed.same), (ac, agreed.ac), ("from", low), ("to", high)];
        let others = agreed.others.iter().filter(|(measure, _)| *measure != ac).copied();
        for (measure, of_it) in own.into_iter().chain(others) {
            writer.write_record([of, name, measure, &value(of_it)])?;
        }
        Ok(())
    };
    write("levels", "all", &results.levels, "ac2_linear")?;
    for of in &results.agencies {
        write("levels", &of.agency, &of.agreed, "ac2_linear")?;
    }
    for of in &results.questions {
        write("question", &of.fact, &of.agreed, "ac1")?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Every rating, a row each; a question that was not asked of a child is empty.
///
/// # Errors
/// None but that of a writer, and memory is one that takes all.
pub fn rating_lines(results: &Results) -> Result<Vec<u8>, csv::Error> {
    let asked: BTreeSet<&str> =
        results.ratings.iter().flat_map(|one| one.answers.iter().map(|(id, _)| id.as_str())).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = ["rater", "agency", "vignette", "level", "at_least", "at_most"];
    writer.write_record(head.into_iter().chain(asked.iter().copied()))?;
    for one in &results.ratings {
        let (least, most) = one.indicated;
        let level = one.level.map(|level| level.to_string()).unwrap_or_default();
        let own = [one.rater.to_string(), one.agency.clone(), one.vignette.clone(), level];
        let bounds = [least.to_string(), most.to_string()];
        let answer = |id: &&str| {
            let found = one.answers.iter().find(|(asked, _)| asked == id);
            found.map(|(_, answer)| answer.as_str().map_or_else(|| Value::to_string(answer), str::to_owned))
        };
        let answers = asked.iter().map(|id| answer(id).unwrap_or_default());
        writer.write_record(own.into_iter().chain(bounds).chain(answers))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
