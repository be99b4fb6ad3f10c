//! The published threshold document, made from the rules that run, so that paper and practice are one; and beside it what
//! a council owes the public, its data protection officer, its board and those who apply the criteria.
//!
//! Every criterion, every threshold and every answer that gives something is in the threshold document once. Where the
//! rules say nothing of what a document should say, it says that they do not; what only the council can say is a gap that
//! is marked, and listed at the beginning. The same rule set makes the same document, byte for byte.

mod blocks;
mod script;

mod entries;
mod gaps;
mod picture;

mod levels;
mod parts;
mod terms;

mod coverage;
mod guide;
mod look;
mod wording;

mod around;
mod uses;

mod atrs;
mod dpia;
mod equality;
mod training;

pub use around::{Agreed, Kept, MayDo, WasInForce};
pub use gaps::GAP;
pub use look::Form;
pub use wording::{Clause, Wording, clauses, covered, wordings};

use crate::criteria::{RuleFile, RuleSet};
use blocks::{Document, Kind, Section};
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
    look::render(&Document { sections, ..begun(rules) }, form)
}

/// The practitioner's guide: one page.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn guide(rules: &RuleSet, form: Form) -> Result<String, minijinja::Error> {
    let (subtitle, kind) = ("guide for practitioners", Kind::Guide);
    look::render(&Document { subtitle, kind, sections: guide::sections(rules), ..begun(rules) }, form)
}

/// A draft of the record that the Algorithmic Transparency Recording Standard asks for: how the rules work and who decides,
/// with their worked examples run, and what the log of rules tells of their versions where there is one.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn atrs(
    rules: &RuleSet,
    files: &[RuleFile],
    log: Option<&[WasInForce]>,
    form: Form,
) -> Result<String, minijinja::Error> {
    beside(rules, "draft of an algorithmic transparency record", atrs::sections(rules, files, log), form)
}

/// The annex to a data protection impact assessment: each fact that is asked, what reads it, and why; who may do what,
/// and what is kept how long.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn dpia(rules: &RuleSet, may_do: &[MayDo], kept: &[Kept], form: Form) -> Result<String, minijinja::Error> {
    let subtitle = "annex to a data protection impact assessment";
    beside(rules, subtitle, dpia::sections(rules, may_do, kept), form)
}

/// The equality monitoring note: what is monitored and read by no rule, and which facts could stand for what no rule may
/// ask.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn equality(rules: &RuleSet, form: Form) -> Result<String, minijinja::Error> {
    beside(rules, "equality monitoring note", equality::sections(rules), form)
}

/// The training pack: how levels come about, and cases from the worked examples in `files` with what the criteria
/// indicate for them.
///
/// # Errors
/// When a template is broken, which a test finds first.
pub fn training(rules: &RuleSet, files: &[RuleFile], form: Form) -> Result<String, minijinja::Error> {
    beside(rules, "training pack for practitioners", training::sections(rules, files), form)
}

/// A document beside the threshold document; its gaps come first.
fn beside(
    rules: &RuleSet,
    subtitle: &'static str,
    mut sections: Vec<Section>,
    form: Form,
) -> Result<String, minijinja::Error> {
    if let Some(listed) = gaps::listed(&sections) {
        sections.insert(0, listed);
    }
    look::render(&Document { subtitle, kind: Kind::Beside, sections, ..begun(rules) }, form)
}

/// What identifies it.
fn begun(rules: &RuleSet) -> Document {
    let (id, framework) = (rules.id(), rules.framework());
    let in_force = entries::capital(&terms::in_force(rules));
    let about = vec![
        ("Framework", id.framework.clone()),
        ("Version", id.version.clone()),
        ("Status", entries::capital(&id.status.to_string())),
        ("In force", in_force),
        ("Digest", id.digest.clone()),
    ];
    Document {
        title: framework.title.clone(),
        subtitle: "",
        about,
        warning: parts::warning(rules),
        // A prefix is enough to compare two pages by.
        foot: id.digest.chars().take(19).collect(),
        kind: Kind::Thresholds,
        sections: Vec::new(),
    }
}
