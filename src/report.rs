//! The monthly report as people read it: a page that stands for itself, a workbook, and comma-separated values.
//!
//! Every picture has its table beneath it, and shows nothing that the table does not.

mod drawing;
mod lines;
mod workbook;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use serde::{Deserialize, Serialize};

use crate::figures::{Figure, Figures};

pub use drawing::{Drawing, drawing};
pub use lines::{lines, rows};
pub use workbook::workbook;

/// How figures are shown, to a page of its own and to the service's pages alike.
pub const FIGURES: &str = include_str!("report/figures.html");

/// A month's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whose it is.
    pub title: String,
    /// The rules in force at the end of the month: their version, and their digest.
    pub rules: (String, String),
    /// The last signed checkpoint of the log of decisions, up to which was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// How many referrals on record cannot be read any more, and are not counted.
    pub unreadable: usize,
    /// The figures.
    pub figures: Figures,
}

/// The figures under one heading.
#[derive(Debug, Serialize)]
struct Under<'r> {
    heading: &'r str,
    figures: Vec<Shown<'r>>,
}

/// A figure with its picture.
#[derive(Debug, Serialize)]
struct Shown<'r> {
    figure: &'r Figure,
    drawing: Option<Drawing>,
}

impl Report {
    /// The month, as people say it.
    pub fn month(&self) -> String {
        crate::figures::Month::parse(&self.figures.month).map_or_else(String::new, crate::figures::Month::says)
    }

    /// The figures by heading, with their pictures, as templates take them.
    pub fn shown(&self) -> impl Serialize + '_ {
        let mut all: Vec<Under<'_>> = Vec::new();
        for figure in &self.figures.figures {
            let shown = Shown { figure, drawing: drawing(figure) };
            match all.iter_mut().find(|under| under.heading == figure.under) {
                Some(under) => under.figures.push(shown),
                None => all.push(Under { heading: &figure.under, figures: vec![shown] }),
            }
        }
        all
    }

    /// One page that stands for itself, for a browser and for paper.
    ///
    /// # Errors
    /// When a template is wrong.
    pub fn html(&self) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.add_template("figures.html", FIGURES)?;
        environment.add_template("report.html", include_str!("report/report.html"))?;
        environment.add_template("document.css", include_str!("publish/document.css"))?;
        environment.add_template("report.css", include_str!("report/report.css"))?;
        environment.get_template("report.html")?.render(context! {
            // What the style of documents prints at the foot of each page.
            document => context! { warning => "", foot => format!("{}: {}", self.title, self.month()) },
            report => Serde(self),
            month => self.month(),
            shown => Serde(self.shown()),
        })
    }
}
