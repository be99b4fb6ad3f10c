//! Drafts of rules: an author begins one from the rules in force or from a file, sees what it does, and proposes it.

use std::io::Cursor;

use axum::http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::evidence;
use super::fields::{capital, shown_below};
use super::look::said;
use crate::criteria::RuleFile;
use crate::form::{Asks, Choice, Entered, Field, Line, Wrong, date, wrong};
use crate::json::{Fault, FaultCode};
use crate::record::RecordError;
use crate::record::rule_changes::ProposalWanted;
use crate::record::rule_drafts::{MAX_FILES_BYTES, RuleDraft};
use crate::rule_change::{Begins, EMERGENCY_DAYS};
use crate::rules_dir;
use crate::serving::WorkingOut;

const BESIDES: [&str; 4] = [TOKEN, "do", "version", "digest"];
/// The name of the input that takes a file.
const FILE: &str = "file";
const MAX_WORDS: usize = 4000;

pub(super) fn list(asked: &Asked) -> Answered {
    show_list(asked, &fields_to_begin(), &[Vec::new(), Vec::new()], &[])
}

fn fields_to_begin() -> [Field; 2] {
    let from = [
        Choice::new("in_force", "The rules in force, to change them here"),
        Choice::new("file", "A file: a rules folder as a zip archive"),
    ];
    [
        Field::new("title", "What is to change?", Asks::Line(Line::Plain))
            .hint("In a few words, like: unexplained injuries of babies")
            .needed("Say in a few words what is to change"),
        Field::new("from", "Begin with", Asks::One(from.into())).needed("Choose what to begin with"),
    ]
}

fn show_list(asked: &Asked, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
    let drafts = asked.record()?.list_rule_drafts()?;
    let rows: Vec<_> = drafts
        .iter()
        .map(|draft| {
            view! {
                href => format!("/rule-drafts/{}", draft.id),
                title => draft.title,
                authors => draft.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>().join(", "),
                changed => said(draft.changed_at),
                change => draft.change.as_ref().map(|change| format!("/rule-changes/{change}")),
            }
        })
        .collect();
    let of_file: Vec<&str> = wrong.iter().filter(|one| one.key == FILE).map(|one| one.says.as_str()).collect();
    let page = view! { rows, form => shown_below(fields, values, wrong), wrong_file => of_file.join(". ") };
    match wrong {
        [] => asked.page("rule_drafts.html", "Drafts of rules", page),
        _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_drafts.html", "Error: Drafts of rules", page),
    }
}

pub(super) fn begin(asked: &Asked) -> Answered {
    let fields = fields_to_begin();
    let entered = Entered(asked.entered.0.iter().filter(|(name, _)| name != FILE).cloned().collect());
    let values = entered.read(&fields, &BESIDES)?;
    let mut found = wrong(&fields, &values);
    let files = match (values[1].first().map(String::as_str), &asked.file) {
        (Some("in_force"), _) => Some(in_force(asked)?),
        (Some("file"), Some(bytes)) => match rules_dir::unzipped(Cursor::new(bytes), MAX_FILES_BYTES as u64) {
            Ok(files) => Some(files),
            Err(why) => {
                found.push(Wrong { key: FILE.to_owned(), says: capital(&why.to_string()) });
                None
            }
        },
        (Some("file"), None) => {
            found.push(Wrong { key: FILE.to_owned(), says: "Choose the file".to_owned() });
            None
        }
        _ => None,
    };
    let (Some(files), []) = (files, found.as_slice()) else { return show_list(asked, &fields, &values, &found) };
    match asked.record()?.begin_rule_draft(asked.permit()?, &values[0][0], &files, None, asked.now) {
        Ok(id) => {
            asked.front.serving.work_out(&id, 1);
            Ok(Answer::SeeOther(format!("/rule-drafts/{id}")))
        }
        Err(RecordError::Faults(faults)) => {
            let told = faults.iter().map(|fault| Wrong { key: "title".to_owned(), says: capital(&fault.detail) });
            show_list(asked, &fields, &values, &told.collect::<Vec<_>>())
        }
        Err(error) => Err(error.into()),
    }
}

/// The files of the rules that a change would follow: what is agreed already comes first.
pub(super) fn in_force(asked: &Asked) -> Result<Vec<RuleFile>, Refused> {
    let record = asked.record()?;
    Ok(record.rule_set_files(&asked.front.serving.last_rules().id().digest)?)
}

pub(super) fn page(asked: &Asked) -> Answered {
    let draft = asked.record()?.find_rule_draft(asked.part("id"))?;
    let fields = fields_to_propose(&draft, asked);
    let values = proposed_values(&draft, &fields);
    show(asked, &draft, &fields, &values, &[])
}

/// The day before which a change cannot begin.
fn tomorrow(asked: &Asked) -> Date {
    let london = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    asked.now.to_zoned_datetime(london).date().tomorrow().unwrap_or(Date::MAX)
}

fn fields_to_propose(draft: &RuleDraft, asked: &Asked) -> Vec<Field> {
    let when = [
        Choice::new("on", "From the beginning of a day, as agreed changes do"),
        Choice::new("at_once", "As soon as it is agreed, for an emergency").hint(format!(
            "Two statutory partners make it, all of them where a child may be answered lower. It lapses after \
             {EMERGENCY_DAYS} days at the latest."
        )),
    ];
    let mut fields = vec![
        Field::new("reason", "Why?", Asks::Text(MAX_WORDS))
            .hint("Partners read this first. Nothing about a child or family")
            .needed("Say why"),
        Field::new("clause", "Which clause of guidance does it follow?", Asks::Line(Line::Plain))
            .hint("Like: Working Together 2026, paragraph 142; or the board's minute")
            .needed("Name the clause that it follows"),
        Field::new("when", "From when on?", Asks::One(when.into())).needed("Choose from when on"),
        Field::new("day", "The day: of an emergency, its last", Asks::Date(Some(tomorrow(asked)..=Date::MAX)))
            .needed("Enter the day"),
        Field::new("answer_by", "By when are partners asked to answer?", Asks::Date(Some(tomorrow(asked)..=Date::MAX)))
            .hint("Leave empty if there is no hurry"),
    ];
    if let Some(evidence) = &draft.evidence
        && !evidence.failing.is_empty()
    {
        let names = evidence.failing_names().into_iter().map(|name| Choice::new(name, name));
        fields.push(
            Field::new(
                "failing",
                "These examples fail. Tick each to propose the rules all the same",
                Asks::Several(names.collect()),
            )
            .hint("Partners see which they are, and how they fail"),
        );
    }
    fields
}

/// What stands in the form at first.
fn proposed_values(draft: &RuleDraft, fields: &[Field]) -> Vec<Vec<String>> {
    let from = draft.evidence.as_ref().and_then(|evidence| evidence.from.as_deref()?.parse::<Date>().ok());
    let values = fields.iter().map(|field| match field.key.as_str() {
        "when" => vec!["on".to_owned()],
        "day" => from
            .map(|day| vec![day.day().to_string(), day.month().to_string(), day.year().to_string()])
            .unwrap_or_default(),
        _ => Vec::new(),
    });
    values.collect()
}

fn show(asked: &Asked, draft: &RuleDraft, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong]) -> Answered {
    let listed = &draft.listed;
    let under_way = asked.front.serving.working_out(&listed.id, listed.version);
    let page = view! {
        action => format!("/rule-drafts/{}", listed.id),
        title => listed.title,
        authors => listed.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(),
        version => listed.version,
        changed => said(listed.changed_at),
        change => listed.change.as_ref().map(|change| format!("/rule-changes/{change}")),
        under_way => under_way == Some(WorkingOut::UnderWay),
        broke_off => under_way == Some(WorkingOut::BrokeOff),
        evidence => draft.evidence.as_deref().map(|evidence| evidence::shown(evidence, Some(&listed.id))),
        digest => draft.evidence.as_ref().map(|evidence| evidence.digest.clone()),
        is_nothing => draft.evidence.as_ref().is_some_and(|evidence| evidence.digest == evidence.instead_of),
        has_errors => draft.evidence.as_ref().is_some_and(|evidence| evidence.errors > 0),
        form => shown_below(fields, values, wrong),
    };
    match wrong {
        [] => asked.page("rule_draft.html", &listed.title, page),
        _ => {
            let title = format!("Error: {}", listed.title);
            asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_draft.html", &title, page)
        }
    }
}

pub(super) fn act(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let draft = record.find_rule_draft(asked.part("id"))?;
    let id = &draft.listed.id;
    let here = || Ok(Answer::SeeOther(format!("/rule-drafts/{id}")));
    match asked.entered.one("do") {
        Some("work_out") => {
            if asked.front.serving.work_out(id, draft.listed.version) {
                here()
            } else {
                Err(Refused::Moved("others are being worked out now; try again in a minute".into()))
            }
        }
        Some("erase") => {
            record.erase_rule_draft(id)?;
            Ok(Answer::SeeOther("/rule-drafts".to_owned()))
        }
        Some("propose") => propose(asked, &draft),
        _ => Err(Refused::Forged),
    }
}

/// A whole folder in the place of what was there.
pub(super) fn replace(asked: &Asked) -> Answered {
    let (record, id) = (asked.record()?, asked.part("id"));
    let version: i64 = asked.entered.one("version").and_then(|version| version.parse().ok()).ok_or(Refused::Forged)?;
    let fault = |says: &str| Refused::Faults(vec![Fault::new("/file", FaultCode::NotARulesFolder, says.to_owned())]);
    let bytes = asked.file.as_ref().ok_or_else(|| fault("choose the file"))?;
    let files = rules_dir::unzipped(Cursor::new(bytes), MAX_FILES_BYTES as u64);
    let files = files.map_err(|why| fault(&why.to_string()))?;
    record.revise_rule_draft(asked.permit()?, id, version, &files, asked.now)?;
    asked.front.serving.work_out(id, version + 1);
    Ok(Answer::SeeOther(format!("/rule-drafts/{id}")))
}

/// The draft as an author edits it elsewhere.
pub(super) fn zip(asked: &Asked) -> Answered {
    let draft = asked.record()?.find_rule_draft(asked.part("id"))?;
    let zipped = rules_dir::zipped(&draft.files).map_err(|_| Refused::Broken)?;
    Ok(Answer::Download("application/zip", "rules.zip".to_owned(), zipped))
}

fn propose(asked: &Asked, draft: &RuleDraft) -> Answered {
    let read = asked.entered.one("digest").unwrap_or_default();
    let is_read = draft.evidence.as_ref().is_some_and(|evidence| evidence.digest == read);
    if !is_read {
        return Err(Refused::Moved("somebody saved other rules in this draft meanwhile".into()));
    }
    let fields = fields_to_propose(draft, asked);
    let values = asked.entered.read(&fields, &BESIDES)?;
    let mut found = wrong(&fields, &values);
    let of = |key: &str| -> &[String] {
        fields.iter().position(|field| field.key == key).and_then(|place| values.get(place)).map_or(&[], Vec::as_slice)
    };
    let one = |key: &str| of(key).first().cloned().unwrap_or_default();
    let (Some(day), []) = (date(of("day")), found.as_slice()) else {
        return show(asked, draft, &fields, &values, &found);
    };
    let wanted = ProposalWanted {
        reason: one("reason"),
        clause: one("clause"),
        begins: if one("when") == "at_once" { Begins::AtOnceUntil(day) } else { Begins::On(day) },
        answer_by: date(of("answer_by")),
        failing: of("failing").to_vec(),
        written_by: Vec::new(),
    };
    let in_force = &asked.rules.id().digest;
    match asked.record()?.propose(asked.permit()?, draft, &wanted, in_force, asked.now) {
        Ok(change) => Ok(Answer::SeeOther(format!("/rule-changes/{change}"))),
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(told));
            show(asked, draft, &fields, &values, &found)
        }
        Err(error) => Err(error.into()),
    }
}

fn told(fault: &Fault) -> Wrong {
    let key = match fault.pointer.as_str() {
        "/failing" => "failing",
        "/clause" => "clause",
        "/reason" => "reason",
        _ => "day-day",
    };
    let suggestion = fault.suggestion.as_ref().map(|these| format!(": {these}")).unwrap_or_default();
    Wrong { key: key.to_owned(), says: format!("{}{suggestion}", capital(&fault.detail)) }
}
