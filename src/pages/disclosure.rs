//! What is recorded about a child, for somebody who has a right to it: a person reviews it part by part.
//!
//! What they read is what they give: where anything was recorded since, they read again.

use axum::http::StatusCode;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::letter::value;
use super::look::day;
use super::referral::{at, names, read};
use crate::criteria::RuleSet;
use crate::form::{Asks, Choice, Field, Line, Wrong, wrong};
use crate::record::body::PartDisclosed;
use crate::record::case::{Case, Event, What};
use crate::record::disclosure::{AboutWhom, Part, Reviewed};
use crate::record::once::{Once, Pending};
use crate::record::{RecordError, new_id};

const BESIDES: [&str; 3] = [TOKEN, "once", "version"];
/// More than a person writes into a part in the place of what they take out.
const MAX_ADDED: usize = 4000;

/// What is done with a part.
const ALL: &str = "all";
/// That what is left of it is given; the reason follows.
const LEFT: &str = "part";

struct Reviewing {
    case: Case,
    rules: std::sync::Arc<RuleSet>,
    child: usize,
    name: String,
    parts: Vec<Part>,
    /// Whether telling the family was said to be unsafe.
    is_unsafe: bool,
}

impl Reviewing {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let number: usize = asked.part("child").parse().map_err(|_| Refused::NotFound)?;
        let child = number.checked_sub(1).ok_or(Refused::NotFound)?;
        let rules = asked.record()?.rule_set(&case.evaluated()?.rule_set)?;
        let name = names(&case)?.into_iter().nth(child).ok_or(Refused::NotFound)?;
        let record = asked.record()?;
        let (parts, is_unsafe) = (record.parts(&case, &rules, child)?, record.is_unsafe_to_tell(&case)?);
        Ok(Self { case, rules, child, name, parts, is_unsafe })
    }

    /// To whom, then of each part what is done with it and what of it is given. Their names say which part it is: its
    /// place may be another's when something is recorded meanwhile.
    fn fields(&self) -> Vec<Field> {
        let lists = self.rules.framework().code_lists.iter().filter(|list| list.id == "reasons_to_leave_out");
        let codes: Vec<_> = lists.flat_map(|list| &list.codes).collect();
        let mut fields = vec![
            Field::new("to", "To whom is it given?", Asks::Line(Line::Name))
                .hint("Check first who they are and that they may ask for this child")
                .needed("Say to whom it is given"),
        ];
        for part in &self.parts {
            let left_out = |what: &str, does: &str| -> Vec<Choice> {
                let choice = |code: &&crate::criteria::entries::CodeEntry| {
                    Choice::new(format!("{what}.{}", code.code), format!("{does}: {}", code.means))
                };
                codes.iter().map(choice).collect()
            };
            let mut choices = vec![Choice::new(ALL, "Give all of it")];
            choices.extend(left_out(LEFT, "Give what is left below"));
            choices.extend(left_out("none", "Leave it out"));
            let about = match (part.about, part.exempt) {
                (_, Some("HARM")) => "It may do harm: it is unsafe to share or to tell, or may rest on what is",
                (_, Some("SOURCE")) => "It shows who told us, who may not be a professional",
                (AboutWhom::Child, _) => "About the child alone",
                (AboutWhom::Both, _) => "About the child and others: read it",
                (AboutWhom::Others, _) => "About others",
            };
            fields.push(
                Field::new(format!("does.{}", part.id), part.title.clone(), Asks::Select(choices))
                    .hint(about)
                    .needed(format!("Say what is done with: {}", part.title)),
            );
            fields.push(Field::new(
                format!("text.{}", part.id),
                format!("{}: the words", part.title),
                Asks::Text(part.text.len() + MAX_ADDED),
            ));
        }
        fields
    }

    fn show(
        &self,
        asked: &Asked,
        fields: &[Field],
        values: &[Vec<String>],
        wrong: &[Wrong],
        notice: Option<&str>,
        once: &str,
    ) -> Answered {
        let page = view! {
            id => self.case.listed.reference,
            back => at(&self.case.listed.reference, self.case.children().len(), self.child + 1),
            action => asked.address,
            name => self.name,
            version => self.case.listed.version,
            is_unsafe => self.is_unsafe,
            once,
            notice,
            form => shown_below(fields, values, wrong),
        };
        let (status, error) = match (wrong.is_empty(), notice) {
            (true, None) => (StatusCode::OK, ""),
            (true, Some(_)) => (StatusCode::CONFLICT, ""),
            (false, _) => (StatusCode::UNPROCESSABLE_ENTITY, "Error: "),
        };
        asked.page_as(status, "disclosure.html", &format!("{error}Give what is recorded"), page)
    }

    /// What a person did with each part.
    fn reviewed(&self, version: i64, fields: &[Field], values: &[Vec<String>]) -> Reviewed {
        let part = |part: &Part| {
            let does = value(fields, values, &format!("does.{}", part.id));
            let left = value(fields, values, &format!("text.{}", part.id)).replace('\r', "");
            let (given, left_out) = match does.split_once('.') {
                None => (Some(part.text.clone()), None),
                Some((LEFT, code)) => (Some(left).filter(|left| !left.trim().is_empty()), Some(code.to_owned())),
                Some((_, code)) => (None, Some(code.to_owned())),
            };
            PartDisclosed { part: part.id.clone(), title: part.title.clone(), given, left_out }
        };
        let parts = self.parts.iter().map(part).collect();
        Reviewed { version, to: value(fields, values, "to").to_owned(), parts }
    }

    /// Where what was given is printed.
    fn printed(&self, event: &Event) -> Answered {
        let What::Disclosure(body) = &event.what else { return Err(Refused::Broken) };
        Ok(Answer::SeeOther(format!("/referrals/{}/disclosures/{}", self.case.listed.reference, body.disclosure)))
    }
}

pub(super) fn page(asked: &Asked) -> Answered {
    let reviewing = Reviewing::of(asked)?;
    let fields = reviewing.fields();
    let mut values = vec![Vec::new()];
    for part in &reviewing.parts {
        // What is about the child alone is given unless a person says otherwise; about all else a person says, and of
        // each part where whoever asks may be whom the child is not safe from.
        let given = part.about == AboutWhom::Child && part.exempt.is_none() && !reviewing.is_unsafe;
        values.push(if given { vec![ALL.to_owned()] } else { Vec::new() });
        values.push(vec![part.text.clone()]);
    }
    reviewing.show(asked, &fields, &values, &[], None, &new_id())
}

pub(super) fn give(asked: &Asked) -> Answered {
    let reviewing = Reviewing::of(asked)?;
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let version: i64 = asked.entered.one("version").and_then(|version| version.parse().ok()).ok_or(Refused::Forged)?;
    let (record, permit, id) = (asked.record()?, asked.permit()?, &reviewing.case.listed.id);
    let sent: Vec<_> = asked.entered.0.iter().filter(|(name, _)| name != TOKEN).collect();
    // Plain data: it always serialises.
    let sent = serde_json::to_vec(&(&asked.address, &sent)).unwrap_or_default();
    let once_only = Once::new(permit, once, "a disclosure", &sent);
    // Before all else: what was given changed the version itself.
    if let Some(before) = record.before(once_only, asked.now)? {
        return reviewing.printed(&record.answered(before)?);
    }
    if version != reviewing.case.listed.version {
        return moved(asked, &reviewing);
    }
    let fields = reviewing.fields();
    let values = asked.entered.read(&fields, &BESIDES)?;
    let mut found = wrong(&fields, &values);
    if !found.is_empty() {
        return reviewing.show(asked, &fields, &values, &found, None, once);
    }
    let reviewed = reviewing.reviewed(version, &fields, &values);
    let recorded = record
        .disclose(permit, id, reviewing.child, &reviewing.rules, reviewed, once_only, asked.now)
        .and_then(Pending::wait_here)
        .and_then(|written| record.answered(written));
    match recorded {
        Ok(event) => reviewing.printed(&event),
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| {
                let place = fault.pointer.strip_prefix("/parts/").and_then(|rest| rest.split('/').next());
                let place = place.and_then(|place| place.parse::<usize>().ok());
                let part = place.and_then(|place| reviewing.parts.get(place));
                let key = part.map_or_else(|| "to".to_owned(), |part| format!("does.{}", part.id));
                Wrong { key, says: capital(&fault.detail) }
            }));
            reviewing.show(asked, &fields, &values, &found, None, once)
        }
        Err(RecordError::Moved(_)) => moved(asked, &Reviewing::of(asked)?),
        Err(error) => Err(error.into()),
    }
}

/// The parts as they are now, to be read again. That all of a part is given stays chosen only where the same words were
/// read and nothing stands against giving them.
fn moved(asked: &Asked, reviewing: &Reviewing) -> Answered {
    let fields = reviewing.fields();
    let mut values = asked.entered.still_asked(&fields, &BESIDES).read(&fields, &BESIDES)?;
    // Behind to whom it is given, each part has two fields.
    let of_parts = values.get_mut(1..).unwrap_or_default().chunks_exact_mut(2);
    for (part, pair) in reviewing.parts.iter().zip(of_parts) {
        let [does, text] = pair else { continue };
        let chosen = does.first().map_or("", String::as_str);
        let is_as_read = text.first().is_some_and(|text| *text == as_typed(&part.text)) && part.exempt.is_none();
        let is_cut = chosen.split_once('.').is_some_and(|(what, _)| what == LEFT);
        if chosen == ALL && !is_as_read {
            does.clear();
        }
        // What somebody cut stays as they cut it.
        if !is_cut {
            *text = vec![part.text.clone()];
        }
    }
    let notice = "Something was recorded since you opened this page. Read it again as it stands now. Of what is new, \
                  was changed or may have to be left out nothing is chosen; what else you chose is kept.";
    reviewing.show(asked, &fields, &values, &[], Some(notice), &new_id())
}

/// A text as it comes back from a page that nobody changed it on.
fn as_typed(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// What was given, to be printed.
pub(super) fn print(asked: &Asked) -> Answered {
    let case = read(asked)?;
    let (event, body) = case.disclosure(asked.part("disclosure")).ok_or(Refused::NotFound)?;
    let given = body.parts.iter().filter_map(|part| Some((part.title.as_str(), part.given.as_deref()?)));
    let page = view! {
        id => case.listed.reference,
        to => body.to,
        name => names(&case)?.into_iter().nth(body.child).unwrap_or_default(),
        at => day(asked.rules.framework().calendar.london(event.leaf.at).date()),
        given => given.collect::<Vec<_>>(),
        left_out => body.parts.iter().any(|part| part.left_out.is_some()),
    };
    asked.page("disclosure_print.html", "What is recorded", page)
}
