//! The published threshold document, made from the rules that run, so that paper and practice are one.
//!
//! Every criterion, every threshold and every answer that gives something is in it once. Where the rules say nothing of
//! what a document should say, it says that they do not. The same rule set makes the same document, byte for byte.

mod blocks;
mod entries;
mod picture;

mod levels;
mod parts;

mod coverage;
mod guide;
mod look;
mod wording;

pub use look::Form;
pub use wording::{Clause, Wording, clauses, covered, wordings};

use crate::criteria::RuleSet;
use blocks::Document;
use entries::Told;

/// The whole document.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn document(rules: &RuleSet, form: Form) -> Result<String, minijinja::Error> {
    let told = Told::of(rules);
    let mut sections = vec![parts::what_this_is(rules), parts::danger(&told), levels::ladder(rules), parts::how(&told)];
    sections.extend(levels::sections(&told));
    sections.extend([levels::raises(&told), levels::hardship(&told), parts::never(&told), parts::to_do(&told)]);
    sections.extend([parts::times(&told), parts::consent(&told), parts::disagreement(&told)]);
    sections.extend(parts::words(&told));
    sections.extend([coverage::coverage(&told), parts::sources(rules), coverage::index(&told)]);
    look::render(&Document { is_guide: false, sections, ..begun(rules) }, form)
}

/// The practitioner's guide: one page.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn guide(rules: &RuleSet, form: Form) -> Result<String, minijinja::Error> {
    look::render(&Document { is_guide: true, sections: guide::sections(rules), ..begun(rules) }, form)
}

/// What identifies it.
fn begun(rules: &RuleSet) -> Document {
    let (id, framework) = (rules.id(), rules.framework());
    let in_force = match &framework.in_force.until {
        Some(until) => format!("From {} until {}", day(&framework.in_force.from), day(until)),
        None => format!("From {}", day(&framework.in_force.from)),
    };
    let about = vec![
        ("Framework", id.framework.clone()),
        ("Version", id.version.clone()),
        ("Status", entries::capital(&id.status.to_string())),
        ("In force", in_force),
        ("Digest", id.digest.clone()),
    ];
    Document {
        title: framework.title.clone(),
        about,
        warning: parts::warning(rules),
        // A prefix is enough to compare two pages by.
        foot: id.digest.chars().take(19).collect(),
        is_guide: false,
        sections: Vec::new(),
    }
}

/// A date as one says it.
fn day(date: &str) -> String {
    date.parse().map_or_else(|_| date.to_owned(), |date: jiff::civil::Date| date.strftime("%-d %B %Y").to_string())
}
