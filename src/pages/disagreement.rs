//! Disagreement: somebody does not accept a decision. Both views stand side by side, each stage is answered in its time,
//! and what was upheld shows which criteria to look at again.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::letter::value;
use super::look::said;
use super::referral::{at, names, outcome, read};
use crate::access::Operation;
use crate::criteria::RuleSet;
use crate::criteria::entries::AnsweredBy;
use crate::disagreement::{Answers, Disagrees, GoesOn, MAX_WORDS, Party, Ruling};
use crate::form::{Asks, Choice, Field, Line, Wrong, wrong};
use crate::json::Fault;
use crate::record::body::DisagreementStep;
use crate::record::case::{Case, Event, Listed, What};
use crate::record::disagreements::{Disagreement, DisagreementStands, disagreements};
use crate::record::once::{Once, Pending, Written};
use crate::record::{Record, RecordError, new_id};

const BESIDES: [&str; 3] = [TOKEN, "once", "do"];
/// How many referrals a list opens.
const LISTED: i64 = 100;
/// How many the review of criteria opens.
const REVIEWED: i64 = 2000;

/// A child's decision with which somebody disagrees.
struct Decision {
    case: Case,
    rules: std::sync::Arc<RuleSet>,
    number: usize,
    name: String,
    decision: String,
    level: u8,
    back: String,
}

impl Decision {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let number: usize = asked.part("child").parse().map_err(|_| Refused::NotFound)?;
        let place = number.checked_sub(1).ok_or(Refused::NotFound)?;
        let stands = case.children();
        let decided = stands.get(place).and_then(|child| child.decided.as_ref()).ok_or(Refused::NotFound)?;
        let (decision, level) = (decided.id.clone(), decided.wanted.level);
        let rules = asked.record()?.decided_under(&case, &decision)?;
        let name = names(&case)?.into_iter().nth(place).unwrap_or_default();
        let back = at(&case.listed.reference, stands.len(), number);
        Ok(Self { rules, number, name, decision, level, back, case })
    }

    /// What may be in question: what was found, and what would have reached the next level.
    fn criteria(&self, asked: &Asked) -> Result<Vec<Choice>, Refused> {
        let only = asked.permit()?.only();
        let evaluated = asked.record()?.explained(&self.case, only)?;
        let child = evaluated.children.get(self.number - 1).ok_or(Refused::NotFound)?;
        let read: Value = serde_json::from_str(child.evaluation.get()).map_err(|_| Refused::Broken)?;
        let mut choices: Vec<Choice> = Vec::new();
        for (list, says) in [("reasons", "Found"), ("thresholds", "Counted"), ("why_not_higher", "Not found")] {
            for one in read[list].as_array().into_iter().flatten() {
                let (Some(id), Some(words)) = (one["id"].as_str(), one["says"].as_str()) else { continue };
                // The rules may have changed since it was decided.
                if self.rules.says_of(id).is_some() && !choices.iter().any(|known| known.value == id) {
                    choices.push(Choice::new(id, format!("{says}: {words}")));
                }
            }
        }
        Ok(choices)
    }

    fn fields(&self, asked: &Asked) -> Result<Vec<Field>, Refused> {
        let mut fields = Vec::new();
        if asked.permit()?.only().is_none() {
            let parties = [
                Choice::new("referrer", "Whoever referred"),
                Choice::new("agency", "Another agency"),
                Choice::new("family", "The family"),
                Choice::new("child", "The child"),
            ];
            fields.push(Field::new("party", "Who disagrees?", Asks::One(parties.into())).needed("Say who disagrees"));
            fields.push(Field::new("name", "Their name", Asks::Line(Line::Name)));
        }
        let levels = self.rules.ladder().levels().iter();
        let levels =
            levels.map(|level| Choice::new(level.rank.to_string(), format!("Level {}: {}", level.rank, level.name)));
        fields.extend([
            Field::new("says", "What do they not agree with, in their own words?", Asks::Text(MAX_WORDS))
                .needed("Say what they do not agree with"),
            Field::new("level", "Which level would they decide?", Asks::Select(levels.collect()))
                .hint("Leave empty if it is about something else"),
            Field::new("about", "Which of these is in question?", Asks::Select(self.criteria(asked)?))
                .hint("It is looked at when the rules are next reviewed, if they are right"),
        ]);
        Ok(fields)
    }

    fn show(&self, asked: &Asked, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong], once: &str) -> Answered {
        let page = view! {
            id => self.case.listed.reference,
            back => self.back,
            action => asked.address,
            name => self.name,
            level => self.level,
            stages => self.rules.letters().disagreement.iter().map(|stage| format!("{}, {}", capital(&stage.who), stage.within)).collect::<Vec<_>>(),
            once,
            form => shown_below(fields, values, wrong),
        };
        match wrong {
            [] => asked.page("disagree.html", "Disagree with a decision", page),
            _ => {
                let title = "Error: Disagree with a decision";
                asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "disagree.html", title, page)
            }
        }
    }
}

pub(super) fn begin(asked: &Asked) -> Answered {
    let decision = Decision::of(asked)?;
    let fields = decision.fields(asked)?;
    let empty = vec![Vec::new(); fields.len()];
    decision.show(asked, &fields, &empty, &[], &new_id())
}

pub(super) fn disagree(asked: &Asked) -> Answered {
    let decision = Decision::of(asked)?;
    let fields = decision.fields(asked)?;
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let values = asked.entered.read(&fields, &BESIDES)?;
    let mut found = wrong(&fields, &values);
    if !found.is_empty() {
        return decision.show(asked, &fields, &values, &found, once);
    }
    let one = |key: &str| Some(value(&fields, &values, key)).filter(|value| !value.trim().is_empty());
    let party = one("party").unwrap_or("referrer");
    let disagrees = Disagrees {
        decision: decision.decision.clone(),
        party: serde_json::from_value::<Party>(json!(party)).map_err(|_| Refused::Forged)?,
        name: one("name").map(str::to_owned),
        level: one("level").and_then(|level| level.parse().ok()),
        about: one("about").map(str::to_owned),
        says: one("says").unwrap_or_default().to_owned(),
    };
    let (record, permit, id) = (asked.record()?, asked.permit()?, &decision.case.listed.id);
    let once_only = once_of(asked, once, "a disagreement", &values)?;
    let recorded = recorded(asked, once_only, || record.disagree(permit, id, disagrees, once_only, asked.now));
    match recorded {
        Ok(()) => Ok(Answer::SeeOther(decision.back)),
        Err(RecordError::Faults(faults)) => {
            found.extend(faults.iter().map(|fault| plain(fault, "says")));
            decision.show(asked, &fields, &values, &found, once)
        }
        Err(error) => Err(error.into()),
    }
}

fn once_of(asked: &Asked, once: &str, route: &str, values: &[Vec<String>]) -> Result<Once, Refused> {
    // Plain data: it always serialises.
    let sent = serde_json::to_vec(&(&asked.address, values)).unwrap_or_default();
    Ok(Once::new(asked.permit()?, once, route, &sent))
}

/// Records once, however often a form is sent.
fn recorded(asked: &Asked, once: Once, work: impl FnOnce() -> Result<Pending, RecordError>) -> Result<(), RecordError> {
    let record = asked.record().map_err(|_| RecordError::NotFound)?;
    match record.before(once, asked.now)? {
        Some(Written::Before(_) | Written::Fresh(_)) => Ok(()),
        None => work().and_then(Pending::wait_here).map(|_| ()),
    }
}

fn plain(fault: &Fault, otherwise: &str) -> Wrong {
    let key = match fault.pointer.as_str() {
        "/level" => "level",
        "/about" => "about",
        "/party" => "party",
        "/name" => "name",
        "/answered_by" => "answered_by",
        _ => otherwise,
    };
    Wrong { key: key.to_owned(), says: capital(&fault.detail) }
}

/// One disagreement, and what may be done about it now.
struct One {
    case: Case,
    rules: std::sync::Arc<RuleSet>,
}

impl One {
    fn of(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let all = disagreements(&case.events, asked.permit()?.only());
        let one = all.iter().find(|one| one.id == asked.part("disagreement")).ok_or(Refused::NotFound)?;
        let rules = asked.record()?.decided_under(&case, &one.disagrees.decision)?;
        drop(all);
        Ok(Self { case, rules })
    }

    fn found(&self, asked: &Asked) -> Result<Disagreement<'_>, Refused> {
        let all = disagreements(&self.case.events, asked.permit()?.only());
        all.into_iter().find(|one| one.id == asked.part("disagreement")).ok_or(Refused::NotFound)
    }

    /// The child whose decision it is about, by place.
    fn child(&self, one: &Disagreement<'_>) -> usize {
        let about = |event: &Event| {
            let is_it = matches!(&event.what, What::Decision(body) if body.decision == one.disagrees.decision);
            event.leaf.decided.as_ref().filter(|_| is_it).map(|decided| decided.child)
        };
        self.case.events.iter().find_map(about).unwrap_or_default()
    }

    /// Whether whoever looks may answer the stage that is open.
    fn may_answer(&self, asked: &Asked, one: &Disagreement<'_>) -> bool {
        let reaches = asked.may(Operation::Decide).is_some_and(|permit| permit.reaches(&self.case.listed.organisation));
        reaches && one.stands() == DisagreementStands::Open
    }

    fn may_go_on(&self, one: &Disagreement<'_>) -> bool {
        one.stands() != DisagreementStands::Open && self.rules.letters().disagreement.len() > one.stage() + 1
    }

    fn fields(&self, asked: &Asked, one: &Disagreement<'_>) -> Vec<Field> {
        if self.may_answer(asked, one) {
            let rulings = [
                Choice::new("upheld", "They are right: it is decided again"),
                Choice::new("upheld_in_part", "They are right in part: it is decided again"),
                Choice::new("not_upheld", "The decision stands"),
            ];
            let mut fields = vec![
                Field::new("ruling", "What is the answer?", Asks::One(rulings.into())).needed("Choose the answer"),
                Field::new("says", "Why, in words that they will read", Asks::Text(MAX_WORDS)).needed("Say why"),
            ];
            let stage = self.rules.letters().disagreement.get(one.stage());
            if stage.is_some_and(|stage| stage.answered_by == AnsweredBy::Named) {
                fields
                    .push(Field::new("answered_by", "Who answered", Asks::Line(Line::Name)).needed("Say who answered"));
            }
            return fields;
        }
        if self.may_go_on(one) {
            let field =
                Field::new("says", "Why do they not accept the answer, in their own words?", Asks::Text(MAX_WORDS));
            return vec![field.needed("Say why they do not accept it")];
        }
        Vec::new()
    }

    fn show(&self, asked: &Asked, fields: &[Field], values: &[Vec<String>], wrong: &[Wrong], once: &str) -> Answered {
        let one = self.found(asked)?;
        let child = self.child(&one);
        let stages = &self.rules.letters().disagreement;
        let decided = self.case.events.iter().find_map(|event| match &event.what {
            What::Decision(body) if body.decision == one.disagrees.decision => Some((event, body)),
            _ => None,
        });
        let (event, decided) = decided.ok_or(Refused::Broken)?;
        let only = asked.permit()?.only();
        let mut stage = 0;
        let steps: Vec<Value> = one
            .steps
            .iter()
            .map(|(at, by, step)| {
                let who = stages.get(stage).map_or("the front door", |stage| stage.who.as_str());
                let (heading, says, answered_by) = match step {
                    DisagreementStep::Answered(answers) => (
                        format!("{} (answered for {who})", ruling(answers.ruling)),
                        &answers.says,
                        answers.answered_by.clone(),
                    ),
                    DisagreementStep::WentOn(goes_on) => {
                        stage += 1;
                        let who = stages.get(stage).map_or("the next stage", |stage| stage.who.as_str());
                        (format!("Not accepted: goes on to {who}"), &goes_on.says, None)
                    }
                    DisagreementStep::Disagreed(disagrees) => ("Disagrees".to_owned(), &disagrees.says, None),
                };
                view! { heading, says, at => said(*at), by => answered_by.unwrap_or_else(|| by.name.clone()) }
            })
            .collect();
        let page = view! {
            id => self.case.listed.reference,
            back => at(&self.case.listed.reference, self.case.children().len(), child + 1),
            action => asked.address,
            once,
            name => names(&self.case)?.into_iter().nth(child).unwrap_or_default(),
            decided_level => decided.decided.level,
            decided_outcome => outcome(decided.decided.outcome),
            decided_by => decided.by.name,
            decided_at => said(event.leaf.at),
            decided_says => decided.decided.reason.as_ref().filter(|_| only.is_none()).map(|reason| reason.says.clone()),
            party => party(one.disagrees.party),
            party_name => one.disagrees.name,
            party_level => one.disagrees.level,
            party_at => said(one.at),
            party_says => one.disagrees.says,
            about => one.disagrees.about.as_deref().and_then(|id| self.rules.says_of(id)),
            steps,
            stands => stands(one.stands()),
            stage => stages.get(one.stage()).map(|stage| capital(&stage.who)),
            answer_by => one.answer_by.map(said),
            is_overdue => one.answer_by.is_some_and(|by| by < asked.now),
            answers => self.may_answer(asked, &one),
            form => shown_below(fields, values, wrong),
        };
        match wrong {
            [] => asked.page("disagreement.html", "A disagreement", page),
            _ => asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "disagreement.html", "Error: A disagreement", page),
        }
    }
}

pub(super) fn page(asked: &Asked) -> Answered {
    let one = One::of(asked)?;
    let fields = one.fields(asked, &one.found(asked)?);
    let empty = vec![Vec::new(); fields.len()];
    one.show(asked, &fields, &empty, &[], &new_id())
}

/// Answers the stage that is open, or takes the disagreement further.
pub(super) fn go_on(asked: &Asked) -> Answered {
    let one = One::of(asked)?;
    let found = one.found(asked)?;
    let fields = one.fields(asked, &found);
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    let values = match asked.entered.read(&fields, &BESIDES) {
        Ok(values) => values,
        // Somebody answered meanwhile, perhaps this form itself sent twice: it is shown as it stands now.
        Err(_) => return page(asked),
    };
    let mut faulty = wrong(&fields, &values);
    if !faulty.is_empty() {
        return one.show(asked, &fields, &values, &faulty, once);
    }
    let (record, id, disagreement) = (asked.record()?, &one.case.listed.id, asked.part("disagreement"));
    let entered = |key: &str| value(&fields, &values, key).to_owned();
    let once_only = once_of(asked, once, "a step of a disagreement", &values)?;
    let recorded = if one.may_answer(asked, &found) {
        let permit = asked.may(Operation::Decide).ok_or(Refused::NotPermitted)?;
        let answers = Answers {
            ruling: serde_json::from_value(json!(entered("ruling"))).map_err(|_| Refused::Forged)?,
            says: entered("says"),
            answered_by: Some(entered("answered_by")).filter(|name| !name.is_empty()),
        };
        recorded(asked, once_only, || {
            record.answer_disagreement(&permit, id, disagreement, answers, once_only, asked.now)
        })
    } else {
        let goes_on = GoesOn { says: entered("says") };
        recorded(asked, once_only, || {
            let permit = asked.permit().map_err(|_| RecordError::NotFound)?;
            record.take_disagreement_further(permit, id, disagreement, goes_on, once_only, asked.now)
        })
    };
    match recorded {
        Ok(()) => Ok(Answer::SeeOther(asked.address.clone())),
        Err(RecordError::Faults(faults)) => {
            faulty.extend(faults.iter().map(|fault| plain(fault, "says")));
            one.show(asked, &fields, &values, &faulty, once)
        }
        Err(error) => Err(error.into()),
    }
}

/// What a referral's page shows of the disagreements about one child's decisions.
pub(super) fn of_child(case: &Case, only: Option<&str>, decisions: &[String]) -> Vec<Value> {
    let all = disagreements(&case.events, only);
    let theirs = all.iter().filter(|one| decisions.contains(&one.disagrees.decision));
    let row = |one: &Disagreement<'_>| {
        view! {
            href => format!("/referrals/{}/disagreements/{}", case.listed.reference, one.id),
            who => party(one.disagrees.party),
            stands => stands(one.stands()),
            answer_by => one.answer_by.map(said),
        }
    };
    theirs.map(row).collect()
}

/// Disagreements that are to be answered, and those that were upheld.
pub(super) fn list(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let (mut rows, mut damaged) = (Vec::new(), Vec::new());
    for standing in [DisagreementStands::Open, DisagreementStands::Upheld] {
        for listed in record.list_disagreed(standing, LISTED)? {
            match of_referral(record, &listed, asked.now) {
                Ok(found) => rows.extend(found),
                // Erased meanwhile.
                Err(RecordError::NotFound) => {}
                // One must not hide all others, nor look answered.
                Err(error) => {
                    tracing::error!(%error, "the disagreements about a referral cannot be listed");
                    damaged.push(listed.reference);
                }
            }
        }
    }
    // Of one referral one may be upheld while another is open.
    rows.sort_by_key(|(stands, by, _)| (*stands, *by));
    let rows: Vec<Value> = rows.into_iter().map(|(_, _, row)| row).collect();
    let page = view! { rows, damaged, may_review => asked.may(Operation::Review).is_some() };
    asked.page("disagreements.html", "Disagreements", page)
}

/// Where a disagreement stands, by when it is to be answered, and its row in the list.
type Row = (DisagreementStands, Option<Timestamp>, Value);

/// The disagreements about one referral that are to be answered or were upheld.
fn of_referral(record: &Record, listed: &Listed, now: Timestamp) -> Result<Vec<Row>, RecordError> {
    let case = record.case(&listed.id)?;
    let all = disagreements(&case.events, None);
    let row = |one: &Disagreement<'_>| -> Result<Row, RecordError> {
        let rules = record.decided_under(&case, &one.disagrees.decision)?;
        let row = view! {
            reference => listed.reference,
            href => format!("/referrals/{}/disagreements/{}", listed.reference, one.id),
            who => party(one.disagrees.party),
            stage => rules.letters().disagreement.get(one.stage()).map(|stage| capital(&stage.who)),
            stands => stands(one.stands()),
            answer_by => one.answer_by.map(said),
            is_overdue => one.answer_by.is_some_and(|by| by < now),
        };
        Ok((one.stands(), one.answer_by, row))
    };
    all.iter().filter(|one| one.stands() != DisagreementStands::NotUpheld).map(row).collect()
}

/// What was disagreed about one criterion.
#[derive(Default)]
struct Counted {
    all: usize,
    upheld: usize,
    higher: usize,
    lower: usize,
}

/// Which criteria are in question, by number: for whoever reviews the rules, who reads about no child.
pub(super) fn review(asked: &Asked) -> Answered {
    let record = asked.record()?;
    let mut counted: BTreeMap<Option<String>, Counted> = BTreeMap::new();
    for standing in [DisagreementStands::Open, DisagreementStands::Upheld, DisagreementStands::NotUpheld] {
        for listed in record.list_disagreed(standing, REVIEWED)? {
            let Ok(case) = record.case(&listed.id) else { continue };
            count(&case, &mut counted);
        }
    }
    let mut rows: Vec<_> = counted.into_iter().collect();
    rows.sort_by_key(|(_, counted)| std::cmp::Reverse((counted.upheld, counted.all)));
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(about, counted)| {
            let Counted { all, upheld, higher, lower } = counted;
            let says = about.as_deref().and_then(|id| asked.rules.says_of(id)).map(str::to_owned);
            view! { says => says.or(about.clone()).unwrap_or_else(|| "No criterion was named".to_owned()), id => about, all, upheld, higher, lower }
        })
        .collect();
    asked.page("rule_review.html", "Criteria that people disagreed about", view! { rows })
}

fn count(case: &Case, counted: &mut BTreeMap<Option<String>, Counted>) {
    for one in disagreements(&case.events, None) {
        let row = counted.entry(one.disagrees.about.clone()).or_default();
        row.all += 1;
        row.upheld += usize::from(one.stands() == DisagreementStands::Upheld);
        let level = case.events.iter().find_map(|event| match &event.what {
            What::Decision(body) if body.decision == one.disagrees.decision => Some(body.decided.level),
            _ => None,
        });
        let (Some(level), Some(wanted)) = (level, one.disagrees.level) else { continue };
        row.higher += usize::from(wanted > level);
        row.lower += usize::from(wanted < level);
    }
}

fn party(party: Party) -> &'static str {
    match party {
        Party::Referrer => "Whoever referred",
        Party::Agency => "Another agency",
        Party::Family => "The family",
        Party::Child => "The child",
    }
}

fn ruling(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Upheld => "They are right",
        Ruling::UpheldInPart => "They are right in part",
        Ruling::NotUpheld => "The decision stands",
    }
}

fn stands(stands: DisagreementStands) -> &'static str {
    match stands {
        DisagreementStands::Open => "Waits for an answer",
        DisagreementStands::Upheld => "They were right",
        DisagreementStands::NotUpheld => "The decision stood",
    }
}
