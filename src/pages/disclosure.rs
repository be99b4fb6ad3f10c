//! What is recorded about a child, for somebody who has a right to it: a person reviews it part by part.

use axum::http::StatusCode;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::letter::value;
use super::look::day;
use super::referral::{at, names, read};
use crate::criteria::RuleSet;
use crate::form::{Asks, Choice, Field, Line, Wrong, wrong};
use crate::record::body::PartDisclosed;
use crate::record::case::{Case, What};
use crate::record::disclosure::{AboutWhom, Part, Reviewed};
use crate::record::once::{Once, Pending};
use crate::record::{RecordError, new_id};

const BESIDES: [&str; 2] = [TOKEN, "once"];
/// More than any part holds: an account, and a line end that a browser sends as two bytes.
const MAX_PART: usize = 40_000;

/// What is done with a part.
const ALL: &str = "all";

struct Reviewing {
    case: Case,
    rules: std::sync::Arc<RuleSet>,
    child: usize,
    name: String,
    parts: Vec<Part>,
}

impl Reviewing {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let number: usize = asked.part("child").parse().map_err(|_| Refused::NotFound)?;
        let child = number.checked_sub(1).ok_or(Refused::NotFound)?;
        let rules = asked.record()?.rule_set(&case.evaluated()?.rule_set)?;
        let name = names(&case)?.into_iter().nth(child).ok_or(Refused::NotFound)?;
        let parts = case.parts(&rules, child)?;
        Ok(Self { case, rules, child, name, parts })
    }

    /// To whom, then of each part what is done with it and what of it is given.
    fn fields(&self) -> Vec<Field> {
        let lists = self.rules.framework().code_lists.iter().filter(|list| list.id == "reasons_to_leave_out");
        let codes: Vec<_> = lists.flat_map(|list| &list.codes).collect();
        let mut fields = vec![
            Field::new("to", "To whom is it given?", Asks::Line(Line::Name))
                .hint("Check first who they are and that they may ask for this child")
                .needed("Say to whom it is given"),
        ];
        for (index, part) in self.parts.iter().enumerate() {
            let left_out = |what: &str, does: &str| -> Vec<Choice> {
                let choice = |code: &&crate::criteria::entries::CodeEntry| {
                    Choice::new(format!("{what}.{}", code.code), format!("{does}: {}", code.means))
                };
                codes.iter().map(choice).collect()
            };
            let mut choices = vec![Choice::new(ALL, "Give all of it")];
            choices.extend(left_out("part", "Give what is left below"));
            choices.extend(left_out("none", "Leave it out"));
            let about = match (part.about, part.exempt) {
                (_, Some("HARM")) => "Marked unsafe to share",
                (_, Some("SOURCE")) => "It shows who told us, who may not be a professional",
                (AboutWhom::Child, _) => "About the child alone",
                (AboutWhom::Both, _) => "About the child and others: read it",
                (AboutWhom::Others, _) => "About others",
            };
            fields.push(
                Field::new(format!("does.{index}"), part.title.clone(), Asks::Select(choices))
                    .hint(about)
                    .needed(format!("Say what is done with: {}", part.title)),
            );
            fields.push(Field::new(
                format!("text.{index}"),
                format!("{}: the words", part.title),
                Asks::Text(MAX_PART),
            ));
        }
        fields
    }

    fn show(&self, asked: &Asked, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong], once: &str) -> Answered {
        let page = view! {
            id => self.case.listed.reference,
            back => at(&self.case.listed.reference, self.case.children().len(), self.child + 1),
            action => asked.address,
            name => self.name,
            once,
            form => shown_below(fields, values, wrong),
        };
        let title = "Give what is recorded";
        match wrong {
            [] => asked.page("disclosure.html", title, page),
            _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "disclosure.html", &format!("Error: {title}"), page),
        }
    }
}

pub(super) fn page(asked: &Asked) -> Answered {
    let reviewing = Reviewing::of(asked)?;
    let fields = reviewing.fields();
    let mut values = vec![Vec::new()];
    for part in &reviewing.parts {
        // What is about the child alone is given unless a person says otherwise; about all else a person says.
        let given = part.about == AboutWhom::Child && part.exempt.is_none();
        values.push(if given { vec![ALL.to_owned()] } else { Vec::new() });
        values.push(vec![part.text.clone()]);
    }
    reviewing.show(asked, &fields, &values, &[], &new_id())
}

pub(super) fn give(asked: &Asked) -> Answered {
    let reviewing = Reviewing::of(asked)?;
    let fields = reviewing.fields();
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let values = asked.entered.read(&fields, &BESIDES)?;
    let mut found = wrong(&fields, &values);
    if !found.is_empty() {
        return reviewing.show(asked, &fields, &values, &found, once);
    }
    let part = |(index, part): (usize, &Part)| {
        let does = value(&fields, &values, &format!("does.{index}"));
        let left = value(&fields, &values, &format!("text.{index}")).replace('\r', "");
        let (given, left_out) = match does.split_once('.') {
            None => (Some(part.text.clone()), None),
            Some(("part", code)) => (Some(left).filter(|left| !left.trim().is_empty()), Some(code.to_owned())),
            Some((_, code)) => (None, Some(code.to_owned())),
        };
        PartDisclosed { part: part.id.clone(), title: part.title.clone(), given, left_out }
    };
    let parts = reviewing.parts.iter().enumerate().map(part).collect();
    let reviewed = Reviewed { to: value(&fields, &values, "to").to_owned(), parts };
    let (record, permit, id) = (asked.record()?, asked.permit()?, &reviewing.case.listed.id);
    // Plain data: it always serialises.
    let sent = serde_json::to_vec(&(&asked.address, &values)).unwrap_or_default();
    let once_only = Once::new(permit, once, "a disclosure", &sent);
    let recorded = match record.before(once_only, asked.now)? {
        Some(before) => Ok(record.answered(before)?),
        None => record
            .disclose(permit, id, reviewing.child, &reviewing.rules, reviewed, once_only, asked.now)
            .and_then(Pending::wait_here)
            .and_then(|written| record.answered(written)),
    };
    match recorded {
        Ok(event) => {
            let What::Disclosure(body) = &event.what else { return Err(Refused::Broken) };
            let reference = &reviewing.case.listed.reference;
            Ok(Answer::SeeOther(format!("/referrals/{reference}/disclosures/{}", body.disclosure)))
        }
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| {
                let place = fault.pointer.strip_prefix("/parts/").and_then(|rest| rest.split('/').next());
                let key = place.map_or_else(|| "to".to_owned(), |place| format!("does.{place}"));
                Wrong { key, says: capital(&fault.detail) }
            }));
            reviewing.show(asked, &fields, &values, &found, once)
        }
        Err(error) => Err(error.into()),
    }
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
