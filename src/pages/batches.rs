//! Batches: a file of notifications is received, and the list of those that were.

use axum::http::StatusCode;
use serde_json::json;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::look::said;
use super::worklist::WAITING;
use crate::form::{Asks, Choice, Entered, Field, Line, Wrong, wrong};
use crate::notifications::{Encoding, File, Layout};
use crate::record::batches::Sent;
use crate::record::once::Once;
use crate::record::{RecordError, new_id};

/// How many batches are listed: two months of mornings.
const MOST: i64 = 60;
const BESIDES: [&str; 2] = [TOKEN, "once"];
/// The name of the input that takes the file.
const FILE: &str = "file";

fn fields(asked: &Asked) -> Vec<Field> {
    let mappings = asked.rules.mappings().iter().map(|mapping| Choice::new(mapping.id.clone(), mapping.title.clone()));
    let encodings =
        [Choice::new("utf-8", "UTF-8"), Choice::new("windows-1252", "Windows-1252, as older office programs write")];
    vec![
        Field::new("mapping", "What kind of file is it?", Asks::Select(mappings.collect()))
            .needed("Choose what kind of file it is"),
        Field::new("organisation", "Which organisation sends it?", Asks::Line(Line::Plain))
            .hint("By its code, like police:example")
            .needed("Say which organisation sends it"),
        Field::new("encoding", "How are its letters written?", Asks::Select(encodings.into()))
            .hint("Leave this if you do not know: it is found out"),
    ]
}

pub(super) fn page(asked: &Asked) -> Answered {
    let fields = fields(asked);
    let mut values = vec![vec![String::new()]; fields.len()];
    if let [only] = asked.rules.mappings() {
        values[0] = vec![only.id.clone()];
    }
    show(asked, &fields, &values, &[], &new_id())
}

fn show(asked: &Asked, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong], once: &str) -> Answered {
    let (record, permit) = (asked.record()?, asked.permit()?);
    let mut rows = Vec::new();
    for listed in record.list_batches(permit, MOST)? {
        // One that is damaged hides no other.
        let counts = record.batch(permit, &listed.id).map(|batch| {
            let waits = batch.referrals.iter().filter(|(_, one)| WAITING.contains(&one.standing)).count();
            (batch.referrals.len(), waits + batch.missing())
        });
        let (referrals, waiting) = counts.map_or((None, None), |(all, waits)| (Some(all), Some(waits)));
        let title = asked.rules.mapping(&listed.mapping).map(|mapping| mapping.title.clone());
        rows.push(view! {
            href => format!("/batches/{}", listed.id),
            received => said(listed.received_at),
            organisation => listed.organisation,
            title => title.unwrap_or_else(|| listed.mapping.replace('_', " ")),
            referrals,
            waiting,
            rows => listed.waiting,
        });
    }
    let mut form = json!(shown_below(fields, values, wrong));
    // What is wrong with the file has its own place, which is no field of text.
    let of_file: Vec<&str> = wrong.iter().filter(|one| one.key == FILE).map(|one| one.says.as_str()).collect();
    let page = view! { rows, form => form.take(), wrong_file => of_file.join(". "), once };
    match wrong {
        [] => asked.page("batches.html", "Batches", page),
        _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "batches.html", "Error: Batches", page),
    }
}

pub(super) fn receive(asked: &Asked) -> Answered {
    if let Some(id) = asked.entered.one("batch") {
        return complete(asked, id);
    }
    let fields = fields(asked);
    // A browser sends an empty text in the place of a file that was not chosen.
    let entered = Entered(asked.entered.0.iter().filter(|(name, _)| name != FILE).cloned().collect());
    let values = entered.read(&fields, &BESIDES)?;
    let key = entered.one("once").ok_or(Refused::Forged)?;
    let mut found = wrong(&fields, &values);
    let Some(bytes) = &asked.file else {
        found.push(Wrong { key: FILE.to_owned(), says: "Choose the file".to_owned() });
        return show(asked, &fields, &values, &found, key);
    };
    if !found.is_empty() {
        return show(asked, &fields, &values, &found, key);
    }
    let one = |place: usize| values.get(place).and_then(|values| values.first()).map_or("", String::as_str);
    let encoding = match one(2) {
        "utf-8" => Some(Encoding::Utf8),
        "windows-1252" => Some(Encoding::Windows1252),
        _ => None,
    };
    let file = File { bytes, layout: layout(bytes), encoding };
    let sent = Sent { mapping: one(0), organisation: one(1), file };
    let (record, permit) = (asked.record()?, asked.permit()?);
    let route = format!("a file {} {} {}", one(0), one(1), one(2));
    let once = Once::new(permit, key, &route, bytes);
    match record.receive(permit, &asked.rules, &sent, once, asked.now) {
        Ok(batch) => Ok(Answer::SeeOther(format!("/batches/{}", batch.listed.id))),
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| {
                let key = match fault.pointer.as_str() {
                    "/mapping" => "mapping",
                    "/organisation" => "organisation",
                    _ => FILE,
                };
                let says = match &fault.suggestion {
                    Some(suggestion) => format!("{}: {suggestion}", capital(&fault.detail)),
                    None => capital(&fault.detail),
                };
                Wrong { key: key.to_owned(), says }
            }));
            show(asked, &fields, &values, &found, &new_id())
        }
        Err(error) => Err(error.into()),
    }
}

/// Completes a batch whose receipt broke off, as sending its file again would.
fn complete(asked: &Asked, id: &str) -> Answered {
    asked.entered.read(&[], &[TOKEN, "batch"])?;
    let batch = asked.record()?.complete_batch(asked.permit()?, id, asked.now)?;
    Ok(Answer::SeeOther(format!("/batches/{}", batch.listed.id)))
}

/// A line of JSON begins with a brace; a line of headings does not.
fn layout(bytes: &[u8]) -> Layout {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.trim_ascii_start().first() == Some(&b'{') { Layout::Ndjson } else { Layout::Csv }
}
