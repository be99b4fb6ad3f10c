//! The board's figures, a month a page: as they were issued, and as the record tells them now.

use axum::http::StatusCode;
use jiff::Timestamp;

use super::asked::{Answer, Answered, Asked, Refused};
use super::fields::{capital, shown_below};
use super::look::said;
use crate::access::Operation;
use crate::figures::Month;
use crate::form::{Asks, Field, Line, Wrong, wrong};
use crate::record::RecordError;
use crate::record::reports::Issued;
use crate::record::rule_changes::MAX_WORDS;
use crate::report::{Report, lines, workbook};

/// How many months are listed.
const MONTHS: i32 = 13;

/// Whether somebody sees what the record tells now: whoever issues it. Everybody else sees what was issued, for figures
/// that are told anew with each referral give it away by what they were before.
fn may_prepare(asked: &Asked) -> bool {
    asked.may(Operation::IssueFigures).is_some()
}

fn this_month(now: Timestamp) -> Month {
    Month::of(now.in_tz("Europe/London").map(|now| now.date()).unwrap_or_default())
}

pub(super) fn list(asked: &Asked) -> Answered {
    let told = asked.record()?.rules_told()?;
    let rows = (0..MONTHS).map(|back| {
        let month = this_month(asked.now).before(back);
        let issued = told.reports_of(&month.to_string()).last();
        view! {
            href => (issued.is_some() || back > 0 && may_prepare(asked)).then(|| format!("/reports/{month}")),
            month => month.says(),
            issued => issued.map(|issued| said(issued.at)),
            version => issued.map(|issued| issued.body.version),
            is_over => back > 0,
        }
    });
    asked.page("reports.html", "The board’s figures", view! { rows => rows.collect::<Vec<_>>() })
}

/// Which of a month's reports is asked for: a version that was issued, else what the record tells now.
struct Wanted {
    month: Month,
    issued: Vec<Issued>,
    shown: Option<usize>,
}

impl Wanted {
    /// `now`, the number of a version that was issued, or the last of them.
    fn of(asked: &Asked, version: Option<&str>) -> Result<Self, Refused> {
        let month = Month::parse(asked.part("month")).ok_or(Refused::NotFound)?;
        if month >= this_month(asked.now) {
            return Err(Refused::NotFound);
        }
        let issued: Vec<Issued> = asked.record()?.rules_told()?.reports_of(&month.to_string()).cloned().collect();
        let shown = match version {
            Some("now") => None,
            Some(version) => {
                let place = version.parse::<usize>().ok().and_then(|version| version.checked_sub(1));
                Some(place.filter(|place| *place < issued.len()).ok_or(Refused::NotFound)?)
            }
            None => issued.len().checked_sub(1),
        };
        if shown.is_none() && !may_prepare(asked) {
            return Err(Refused::NotFound);
        }
        Ok(Self { month, issued, shown })
    }

    fn report(&self, asked: &Asked, contacts: Option<u64>) -> Result<Report, Refused> {
        Ok(match self.shown {
            Some(place) => self.issued[place].report()?,
            None => asked.record()?.report(self.month, contacts, asked.front.serving.small_counts(), asked.now)?,
        })
    }
}

fn fields(is_correction: bool) -> Vec<Field> {
    let contacts = Field::new(
        "contacts",
        "How many contacts were there in the month, however they came?",
        Asks::Line(Line::Plain),
    )
    .hint("As the front door counts them. Leave empty if nobody knows");
    let because = Field::new("because", "Why is it corrected?", Asks::Text(MAX_WORDS))
        .hint("Nothing about a child or family")
        .needed("Say why it is corrected");
    if is_correction { vec![contacts, because] } else { vec![contacts] }
}

pub(super) fn month(asked: &Asked) -> Answered {
    let wanted = Wanted::of(asked, asked.query.one("version"))?;
    let fields = fields(!wanted.issued.is_empty());
    let values = vec![Vec::new(); fields.len()];
    show(asked, &wanted, &fields, &values, &[])
}

fn show(asked: &Asked, wanted: &Wanted, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
    let report = wanted.report(asked, None)?;
    let issued: Vec<_> = wanted
        .issued
        .iter()
        .enumerate()
        .map(|(place, issued)| {
            view! {
                version => issued.body.version,
                at => said(issued.at),
                by => issued.body.by.name,
                because => issued.body.because,
                is_shown => wanted.shown == Some(place),
            }
        })
        .collect();
    let version = wanted.shown.map_or_else(|| "now".to_owned(), |place| (place + 1).to_string());
    let page = view! {
        month => wanted.month.says(),
        href => format!("/reports/{}", wanted.month),
        files => format!("/reports/{}/{version}", wanted.month),
        report => report,
        shown => report.shown(),
        issued,
        is_issued => wanted.shown.is_some(),
        may_prepare => may_prepare(asked),
        form => shown_below(fields, values, wrong),
    };
    let title = format!("The board’s figures: {}", wanted.month.says());
    match wrong {
        [] => asked.page("report.html", &title, page),
        _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "report.html", &format!("Error: {title}"), page),
    }
}

/// Issues the month's figures as the record tells them now.
pub(super) fn issue(asked: &Asked) -> Answered {
    let wanted = Wanted::of(asked, Some("now"))?;
    let fields = fields(!wanted.issued.is_empty());
    let values = asked.entered.read(&fields, &[super::asked::TOKEN])?;
    let mut found = wrong(&fields, &values);
    let contacts = values[0].first().map(|text| text.trim().replace(',', "")).filter(|text| !text.is_empty());
    let contacts = match contacts.map(|text| text.parse::<u32>()) {
        None => None,
        Some(Ok(contacts)) => Some(u64::from(contacts)),
        Some(Err(_)) => {
            let says = "Enter the number of contacts in digits, such as 412".to_owned();
            found.push(Wrong { key: "contacts".to_owned(), says });
            None
        }
    };
    if !found.is_empty() {
        return show(asked, &wanted, &fields, &values, &found);
    }
    let report = wanted.report(asked, contacts)?;
    let because = values.get(1).and_then(|values| values.first()).map_or("", String::as_str);
    match asked.record()?.issue_report(asked.permit()?, &report, because, asked.now) {
        Ok(_) => Ok(Answer::SeeOther(format!("/reports/{}", wanted.month))),
        Err(RecordError::Faults(faults)) => {
            let key = fields[fields.len() - 1].key.clone();
            let told = faults.iter().map(|fault| Wrong { key: key.clone(), says: capital(&fault.detail) });
            show(asked, &wanted, &fields, &values, &told.collect::<Vec<_>>())
        }
        Err(error) => Err(error.into()),
    }
}

/// A report to take away: as a page, as a workbook, or a figure as comma-separated values.
pub(super) fn file(asked: &Asked) -> Answered {
    let wanted = Wanted::of(asked, Some(asked.part("version")))?;
    let report = wanted.report(asked, None)?;
    let name = format!("{}-{}", wanted.month, asked.part("file"));
    let (kind, bytes) = match asked.part("file") {
        "report.html" => ("text/html; charset=utf-8", report.html()?.into_bytes()),
        "report.xlsx" => {
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            (kind, workbook(&report).map_err(|_| Refused::Broken)?)
        }
        file => {
            let id = file.strip_suffix(".csv").ok_or(Refused::NotFound)?;
            let figure = report.figures.figures.iter().find(|figure| figure.id == id).ok_or(Refused::NotFound)?;
            ("text/csv; charset=utf-8", lines(figure).map_err(|_| Refused::Broken)?)
        }
    };
    Ok(Answer::Download(kind, name, bytes))
}
