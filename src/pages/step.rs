//! A page of the form: shown, saved, and said what is wrong with.
//!
//! What was typed is kept whether or not it is right. Two people may write one draft: whoever saves a page second is
//! told, and shown what the first one entered.

use axum::http::StatusCode;
use serde_json::json;

use super::asked::{Answer, Answered, Asked, Refused};
use super::call;
use super::drafts::{BESIDES, journey, open};
use super::fields::{Fields, capital, in_words, shown};
use super::look::said;
use crate::criteria::RuleSet;
use crate::form::{Draft, Field, Saved, Section, Step, Who, Wrong, fields_answered, wrong};
use crate::record::RecordError;
use crate::record::drafts::DraftKept;

/// How often a saving is tried again when another one came between.
pub(super) const TRIES: usize = 3;

/// What a page is headed, and its title, which stands in a browser's history and so names nobody.
pub(super) fn headed(draft: &Draft, rules: &RuleSet, step: &Step) -> (String, String) {
    let about = |who: &Who| match who {
        Who::Household => ("the household".to_owned(), "the household"),
        Who::Child(reference) => (draft.name_of(reference), "a child"),
    };
    let (heading, title) = match step {
        Step::Referrer if draft.call.is_some() => ("Who is calling?".to_owned(), "Who is calling".to_owned()),
        Step::Referrer => ("Who is referring?".to_owned(), "Who is referring".to_owned()),
        Step::Children => ("The children".into(), "The children".into()),
        Step::Child(reference) => match draft.child(reference) {
            Some(child) => {
                let name = draft.one(&format!("child.{reference}.name"));
                match (child.unborn, name) {
                    (true, "") => ("The baby who is not yet born".into(), "An unborn baby".into()),
                    (true, name) => (format!("About {name}, not yet born"), "An unborn baby".into()),
                    (false, "") => ("About this child".into(), "About a child".into()),
                    (false, name) => (format!("About {name}"), "About a child".into()),
                }
            }
            None => ("About this child".into(), "About a child".into()),
        },
        Step::Household => ("The household".into(), "The household".into()),
        Step::Account => ("What happened?".into(), "What happened".into()),
        Step::First(who, _) => {
            let (name, anybody) = about(who);
            (format!("First questions about {name}"), format!("First questions about {anybody}"))
        }
        Step::Topics(_) => ("Topics of concern".into(), "Topics of concern".into()),
        Step::About(who, topic) => {
            let (name, anybody) = about(who);
            let topic = &rules.topics()[*topic].title;
            (format!("{topic}: {name}"), format!("{topic}: {anybody}"))
        }
        Step::Alone(who, _) => {
            let (name, anybody) = about(who);
            (format!("About {name}"), format!("A question about {anybody}"))
        }
        Step::Strengths => ("What helps, and what has been tried".into(), "What helps".into()),
        Step::Family => ("The family's knowledge and agreement".into(), "Knowledge and agreement".into()),
        Step::Level if draft.call.is_some() => {
            ("The caller's own view".into(), "The caller's view of the level".into())
        }
        Step::Level => ("Your own view".into(), "Your own view of the level".into()),
        Step::ReadBack => ("Read it back".into(), "Read it back to the caller".into()),
    };
    (heading, title)
}

/// A page of the form.
struct Shows<'a> {
    asked: &'a Asked,
    kept: &'a DraftKept,
    step: &'a Step,
    values: Vec<Vec<String>>,
    wrong: Vec<Wrong>,
    notice: Option<String>,
    /// What somebody else entered meanwhile.
    theirs: Vec<(String, String)>,
    status: StatusCode,
}

impl Shows<'_> {
    fn page(self, fields: &[Field]) -> Answered {
        let (asked, kept, step) = (self.asked, self.kept, self.step);
        let rules = &*asked.rules;
        let steps = kept.draft.steps(rules, journey(asked)?, asked.now);
        let place = steps.iter().position(|other| other == step).unwrap_or_default();
        let back = match (place.checked_sub(1).and_then(|before| steps.get(before)), is_from_check(asked)) {
            (_, true) => format!("/drafts/{}/check", kept.id),
            (Some(before), _) => format!("/drafts/{}/{}", kept.id, before.id()),
            (None, _) => format!("/drafts/{}", kept.id),
        };
        let (heading, title) = headed(&kept.draft, rules, step);
        let form: Fields = shown(fields, &self.values, &self.wrong);
        let is_wrong = !self.wrong.is_empty();
        let page = view! {
            id => kept.id,
            action => format!("/drafts/{}/{}", kept.id, step.id()),
            version => kept.version,
            rules => rules.id().digest,
            from => if is_from_check(asked) { "check" } else { "" },
            back,
            heading,
            section => step.section(rules).title(kept.draft.call.is_some()),
            form,
            notice => self.notice,
            call => call::shown(kept),
            read_back => if *step == Step::ReadBack { call::to_read_back(&kept.draft, rules, journey(asked)?, asked.now) } else { Vec::new() },
            at_once => kept.draft.to_do_at_once(rules, asked.now),
            theirs => self.theirs.iter().map(|(says, value)| json!({ "key": { "text": says }, "value": { "text": value } })).collect::<Vec<_>>(),
        };
        let title = if is_wrong { format!("Error: {title}") } else { title };
        asked.page_as(self.status, "step.html", &title, page)
    }
}

fn is_from_check(asked: &Asked) -> bool {
    asked.query.one("from").or_else(|| asked.entered.one("from")) == Some("check")
}

/// The step that the address names, if there is one now.
fn named(asked: &Asked, draft: &Draft) -> Result<Option<Step>, Refused> {
    let steps = draft.steps(&asked.rules, journey(asked)?, asked.now);
    Ok(steps.into_iter().find(|step| step.id() == asked.part("step")))
}

pub(super) fn page(asked: &Asked) -> Answered {
    let kept = match open(asked)? {
        Ok(kept) => kept,
        Err(sent) => return Ok(sent),
    };
    let Some(step) = named(asked, &kept.draft)? else { return Err(Refused::NotFound) };
    if step == Step::Children {
        return children(asked, &kept);
    }
    let fields = kept.draft.fields(&asked.rules, journey(asked)?, &step, asked.now);
    let values = kept.draft.entered_in(&fields);
    // What was saved and is wrong is said again whenever the page is opened.
    let was_saved = kept.draft.saved(&step).is_some();
    let wrong = if was_saved && asked.query.one("more").is_none() { wrong(&fields, &values) } else { Vec::new() };
    let notice = asked.query.one("more").map(|_| "Your answers opened more questions.".to_owned());
    let shows =
        Shows { asked, kept: &kept, step: &step, values, wrong, notice, theirs: Vec::new(), status: StatusCode::OK };
    shows.page(&fields)
}

fn children(asked: &Asked, kept: &DraftKept) -> Answered {
    let children: Vec<_> = kept
        .draft
        .children
        .iter()
        .map(|child| {
            view! {
                name => capital(&kept.draft.name_of(&child.reference)),
                unborn => child.unborn,
                reference => child.reference,
                href => format!("/drafts/{}/child.{}", kept.id, child.reference),
                remove => format!("/drafts/{}/children/{}/remove", kept.id, child.reference),
            }
        })
        .collect();
    let steps = kept.draft.steps(&asked.rules, journey(asked)?, asked.now);
    let before = steps.into_iter().take_while(|step| *step != Step::Children).last().unwrap_or(Step::Referrer);
    let page = view! {
        id => kept.id,
        version => kept.version,
        rules => asked.rules.id().digest,
        back => format!("/drafts/{}/{}", kept.id, before.id()),
        call => call::shown(kept),
        at_once => kept.draft.to_do_at_once(&asked.rules, asked.now),
        children,
        is_missing => asked.query.one("none").is_some(),
    };
    let title = if asked.query.one("none").is_some() { "Error: The children" } else { "The children" };
    asked.page("children.html", title, page)
}

pub(super) fn ask_to_remove(asked: &Asked) -> Answered {
    let kept = match open(asked)? {
        Ok(kept) => kept,
        Err(sent) => return Ok(sent),
    };
    let child = kept.draft.child(asked.part("child")).ok_or(Refused::NotFound)?;
    let page = view! {
        heading => format!("Take {} out of this referral?", kept.draft.name_of(&child.reference)),
        says => "All that was entered about this child goes with it.",
        action => format!("/drafts/{}/children", kept.id),
        hidden => [("version", kept.version.to_string()), ("remove", child.reference.clone())],
        does => "Take this child out",
        keeps => "Keep this child",
        back => format!("/drafts/{}/children", kept.id),
    };
    asked.page("sure.html", "Take a child out", page)
}

pub(super) fn save(asked: &Asked) -> Answered {
    for _ in 0..TRIES {
        let kept = match open(asked)? {
            Ok(kept) => kept,
            Err(sent) => return Ok(sent),
        };
        let saved = if asked.part("step") == "children" { save_children(asked, kept) } else { save_step(asked, kept) };
        match saved? {
            Some(answer) => return Ok(answer),
            None => continue,
        }
    }
    Err(Refused::Moved("somebody else keeps saving this draft".into()))
}

/// Saves; nothing when another saving came between, and it is to be tried again.
pub(super) fn keep(asked: &Asked, kept: &DraftKept) -> Result<bool, Refused> {
    match asked.record()?.save_draft(asked.permit()?, kept, asked.now) {
        Ok(()) => Ok(true),
        Err(RecordError::Moved(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn save_children(asked: &Asked, mut kept: DraftKept) -> Result<Option<Answer>, Refused> {
    asked.entered.read(&[], &[BESIDES.as_slice(), &["add", "remove", "turn"]].concat())?;
    let id = kept.id.clone();
    let pauses = asked.entered.one("go") == Some("pause") && kept.draft.call.is_some();
    kept.draft.pause(if pauses { Some(call::paused(asked)?) } else { None });
    let to = match (asked.entered.one("add"), asked.entered.one("remove"), asked.entered.one("turn")) {
        // The same press sent twice adds one child, and takes out or turns only what stood there when it was asked.
        (Some("child" | "baby"), None, None) | (None, Some(_), None) | (None, None, Some(_))
            if asked.entered.one("version") != Some(&kept.version.to_string()) =>
        {
            return Ok(Some(Answer::SeeOther(format!("/drafts/{id}/children"))));
        }
        (Some(kind @ ("child" | "baby")), None, None) => {
            let reference = kept.draft.add_child(kind == "baby").reference.clone();
            format!("/drafts/{id}/child.{reference}")
        }
        (None, Some(reference), None) => {
            kept.draft.remove_child(reference);
            format!("/drafts/{id}/children")
        }
        (None, None, Some(reference)) => {
            kept.draft.turn_child(reference);
            format!("/drafts/{id}/child.{reference}")
        }
        (None, None, None) if pauses => "/drafts".to_owned(),
        (None, None, None) => {
            let next = kept.draft.children.first().map(|child| format!("/drafts/{id}/child.{}", child.reference));
            let next = next.unwrap_or_else(|| format!("/drafts/{id}/children?none=yes"));
            return Ok(Some(Answer::SeeOther(if asked.entered.one("go") == Some("later") {
                "/drafts".into()
            } else {
                next
            })));
        }
        _ => return Err(Refused::Forged),
    };
    Ok(keep(asked, &kept)?.then_some(Answer::SeeOther(to)))
}

fn save_step(asked: &Asked, mut kept: DraftKept) -> Result<Option<Answer>, Refused> {
    let (rules, journey) = (&*asked.rules, journey(asked)?);
    let Some(step) = named(asked, &kept.draft)? else { return save_answers(asked, kept) };
    let mut fields = kept.draft.fields(rules, journey, &step, asked.now);
    let seen: i64 = asked.entered.one("version").and_then(|version| version.parse().ok()).ok_or(Refused::Forged)?;
    let same_rules = asked.entered.one("rules") == Some(&rules.id().digest);
    // What a colleague's answers closed meanwhile was answered all the same, also when the page is sent again.
    let children: Vec<String> = kept.draft.children.iter().map(|child| child.reference.clone()).collect();
    fields.extend(fields_answered(rules, &asked.entered, &children, &fields));
    let values = if seen == kept.version && same_rules {
        asked.entered.read(&fields, &BESIDES)?
    } else {
        // The page was made from other rules or other answers: what still means something is taken.
        asked.entered.still_asked(&fields, &BESIDES).read(&fields, &BESIDES)?
    };
    let (before, steps) = (kept.draft.entered_in(&fields), kept.draft.steps(rules, journey, asked.now));
    let refuse = |notice: String, theirs| {
        let (values, wrong) = (values.clone(), Vec::new());
        Shows {
            asked,
            kept: &kept,
            step: &step,
            values,
            wrong,
            notice: Some(notice),
            theirs,
            status: StatusCode::CONFLICT,
        }
        .page(&fields)
    };
    let theirs = kept.draft.saved(&step).filter(|saved| saved.version > seen && !is_same(&before, &values));
    if let Some(Saved { by, at, .. }) = theirs {
        let notice = format!(
            "{by} saved this page at {}, after you opened it. Nothing of yours is saved yet. Save again to put your \
             answers in the place of theirs.",
            said(*at)
        );
        let words = fields.iter().zip(&before);
        let theirs = words.map(|(field, values)| {
            (field.says.clone(), in_words(field, values).unwrap_or_else(|| "Not answered".into()))
        });
        return refuse(notice, theirs.collect()).map(Some);
    }
    if step == Step::ReadBack && seen != kept.version && kept.draft.saved(&step).is_none() {
        let notice = "Something changed after you opened this page. Read it back again as it stands now, then save.";
        return refuse(notice.into(), Vec::new()).map(Some);
    }
    if !same_rules {
        let notice = "The criteria changed while you were on this page. Look at the questions again, then save.";
        return refuse(notice.into(), Vec::new()).map(Some);
    }
    for (field, values) in fields.iter().zip(&values) {
        kept.draft.enter(&field.key, values.clone());
    }
    kept.draft.rule_set.clone_from(&rules.id().digest);
    let by = asked.permit()?.actor().name.clone();
    kept.draft
        .note_saved(&step, Saved { version: kept.version + 1, by, at: asked.now, rule_set: rules.id().digest.clone() });
    let pauses = asked.entered.one("go") == Some("pause") && kept.draft.call.is_some();
    kept.draft.pause(if pauses { Some(call::paused(asked)?) } else { None });
    if !keep(asked, &kept)? {
        return Ok(None);
    }
    if pauses {
        return Ok(Some(Answer::SeeOther("/drafts".to_owned())));
    }
    kept.version += 1;
    let wrong = wrong(&fields, &values);
    if asked.entered.one("go") == Some("later") {
        return Ok(Some(Answer::SeeOther(format!("/drafts/{}", kept.id))));
    }
    if !wrong.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let shows = Shows { asked, kept: &kept, step: &step, values, wrong, notice: None, theirs: Vec::new(), status };
        return shows.page(&fields).map(Some);
    }
    Ok(Some(Answer::SeeOther(after(asked, &kept, &steps, &step, &fields)?)))
}

/// Saves the answers of a page that is no longer asked for, because a colleague changed what had opened it: they were
/// given, so they count, and are asked for again as long as they stand.
fn save_answers(asked: &Asked, mut kept: DraftKept) -> Result<Option<Answer>, Refused> {
    let children: Vec<String> = kept.draft.children.iter().map(|child| child.reference.clone()).collect();
    let fields = fields_answered(&asked.rules, &asked.entered, &children, &[]);
    if fields.is_empty() {
        return Err(Refused::Moved("these questions are no longer asked".into()));
    }
    let values = asked.entered.still_asked(&fields, &BESIDES).read(&fields, &BESIDES)?;
    for (field, values) in fields.iter().zip(values) {
        kept.draft.enter(&field.key, values);
    }
    let pauses = asked.entered.one("go") == Some("pause") && kept.draft.call.is_some();
    kept.draft.pause(if pauses { Some(call::paused(asked)?) } else { None });
    Ok(keep(asked, &kept)?.then(|| Answer::SeeOther(format!("/drafts/{}", kept.id))))
}

/// Where a saved step leads, of the steps and fields that there were before.
fn after(asked: &Asked, kept: &DraftKept, before: &[Step], step: &Step, fields: &[Field]) -> Result<String, Refused> {
    let (rules, journey) = (&*asked.rules, journey(asked)?);
    let opened = kept.draft.fields(rules, journey, step, asked.now);
    if opened.iter().any(|field| fields.iter().all(|known| known.key != field.key)) {
        let from = if is_from_check(asked) { "&from=check" } else { "" };
        return Ok(format!("/drafts/{}/{}?more=yes{from}", kept.id, step.id()));
    }
    let steps = kept.draft.steps(rules, journey, asked.now);
    // In a call no question about danger is passed over, also not of a child whom the caller named later.
    let is_passed_over =
        |other: &&Step| other.section(rules) == Section::First && !kept.draft.is_done(rules, journey, other, asked.now);
    let mut earlier = steps.iter().take_while(|other| *other != step);
    if let Some(danger) = earlier.find(is_passed_over).filter(|_| kept.draft.call.is_some()) {
        return Ok(format!("/drafts/{}/{}", kept.id, danger.id()));
    }
    let mut later = steps.iter().skip_while(|other| *other != step).skip(1);
    // A change on the way back to the check may have opened pages that nobody has seen.
    let is_from_check = is_from_check(asked);
    let is_done = |step: &Step| kept.draft.is_done(rules, journey, step, asked.now);
    let is_to_see = |step: &&Step| !is_from_check || (!before.contains(step) && !is_done(step));
    let from = if is_from_check { "?from=check" } else { "" };
    Ok(match later.find(is_to_see) {
        Some(next) => format!("/drafts/{}/{}{from}", kept.id, next.id()),
        None => format!("/drafts/{}/check", kept.id),
    })
}

/// Whether two people entered the same.
fn is_same(one: &[Vec<String>], other: &[Vec<String>]) -> bool {
    let plain = |values: &[Vec<String>]| -> Vec<Vec<String>> {
        values.iter().map(|values| values.iter().filter(|value| !value.is_empty()).cloned().collect()).collect()
    };
    plain(one) == plain(other)
}
