//! The decision about one child: agree, decide higher, decide lower; then a second person, and the next holder.

use axum::http::StatusCode;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::{capital, shown_below};
use super::referral::{at, names, outcome, read};
use crate::calendar::Calendar;
use crate::criteria::RuleSet;
use crate::decision::{Actor, Along, Holder, Outcome, Reason, Second, Shown, View, Wanted};
use crate::form::{Asks, Choice, Field, Line, Wrong, time};
use crate::json::{Fault, FaultCode};
use crate::ladder::Rank;
use crate::record::body::EvaluatedChild;
use crate::record::came_from::Sources;
use crate::record::case::{Case, What};
use crate::record::once::{Once, Pending, Written};
use crate::record::{RecordError, new_id};

const BESIDES: [&str; 3] = [TOKEN, "shown", "once"];
const OUTCOMES: [Outcome; 8] = [
    Outcome::NoFurtherAction,
    Outcome::Advice,
    Outcome::EarlyHelp,
    Outcome::S17Assessment,
    Outcome::StrategyDiscussion,
    Outcome::AllocatedWorker,
    Outcome::AnotherAuthority,
    Outcome::EmergencyDutyTeam,
];

/// The lists of reasons, as the form names them.
const HIGHER: &str = "higher";
const LOWER: &str = "lower";
const CLOSING: &str = "close";

/// What a transfer to another authority holds whatever is chosen.
pub(super) const IN_EVERY_TRANSFER: &str = "The child's name, date of birth or due date, NHS number and unique pupil \
    number; who referred, of a professional with name, role and contact; the reference and when it was received; whether \
    the family knows and agrees; what was raised, answered and is not known; what is to be done at once; the duty you act \
    under";
/// What clocks may differ by: so much after ours is now.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);

/// A child whose decision is asked for.
pub(super) struct Child {
    pub case: Case,
    /// Its number in the referral.
    pub number: usize,
    /// Of how many.
    of: usize,
    pub child: EvaluatedChild,
    pub name: String,
    rules: std::sync::Arc<RuleSet>,
    pub shown: Shown,
    /// The other children for whom the same is indicated and nobody has decided: number, reference, name.
    alike: Vec<(usize, String, String)>,
}

impl Child {
    pub fn of(asked: &Asked) -> Result<Self, Refused> {
        let case = read(asked)?;
        let evaluated = asked.record()?.explained(&case, None)?;
        let number: usize = asked.part("child").parse().map_err(|_| Refused::NotFound)?;
        let place = number.checked_sub(1).ok_or(Refused::NotFound)?;
        let child = evaluated.children.get(place).cloned().ok_or(Refused::NotFound)?;
        let shown = serde_json::from_str(child.evaluation.get()).map_err(|_| Refused::Broken)?;
        let rules = asked.record()?.rule_set(&evaluated.rule_set)?;
        let names = names(&case)?;
        let name = names.get(place).cloned().unwrap_or_default();
        let alike = alike(&case, &evaluated.children, &names, place, &shown)?;
        let of = evaluated.children.len();
        drop(evaluated);
        Ok(Self { case, number, of, child, name, rules, shown, alike })
    }

    /// Where it is shown.
    fn at(&self) -> String {
        at(&self.case.listed.reference, self.of, self.number)
    }

    /// The piece whose evaluation is shown.
    fn piece(&self) -> i64 {
        self.case.pieces().len() as i64 + 1
    }

    /// What another organisation may be told, to be written over: who it is, what is indicated, what is to be done. The
    /// level by its name: its number means something else elsewhere.
    pub fn told(&self) -> String {
        self.told_of(&self.name)
    }

    /// The same about another child of whom the same is indicated.
    fn told_of(&self, name: &str) -> String {
        let level = self.rules.ladder().level(self.shown.bounds().0);
        let steps = level.next_steps.join("; ");
        format!("{name}. Indicated: at least {}. Next steps: {steps}.", level.name)
    }
}

/// The other children for whom the same is indicated, and whom somebody has yet to decide about.
fn alike(
    case: &Case,
    children: &[EvaluatedChild],
    names: &[String],
    place: usize,
    shown: &Shown,
) -> Result<Vec<(usize, String, String)>, Refused> {
    let stands = case.children();
    let mut alike = Vec::new();
    for (other, child) in children.iter().enumerate().filter(|(other, _)| *other != place) {
        let theirs: Shown = serde_json::from_str(child.evaluation.get()).map_err(|_| Refused::Broken)?;
        let waits =
            stands.get(other).is_some_and(|one| one.reopened || (one.decided.is_none() && one.joined.is_none()));
        if waits && theirs.bounds() == shown.bounds() {
            alike.push((other + 1, child.reference.clone(), names.get(other).cloned().unwrap_or_default()));
        }
    }
    Ok(alike)
}

/// Who may be the second person: others who may confirm.
fn colleagues(asked: &Asked) -> Result<Vec<Actor>, Refused> {
    let me = &asked.permit()?.actor().id;
    let mut people = asked.may_confirm()?;
    people.retain(|person| person.id != *me);
    Ok(people)
}

fn fields(child: &Child, colleagues: &[Actor]) -> Vec<Field> {
    let (rules, shown) = (&*child.rules, &child.shown);
    let (at_least, at_most) = shown.bounds();
    let levels = rules.ladder().levels().iter().map(|level| {
        let beside = match level.rank.cmp(&at_least) {
            std::cmp::Ordering::Equal if at_least == at_most => "you agree with what the criteria indicate",
            std::cmp::Ordering::Equal => "you agree with the lower bound of what the criteria indicate",
            std::cmp::Ordering::Greater => "you decide higher",
            std::cmp::Ordering::Less => "you decide lower: a second person must confirm",
        };
        let roles: Vec<String> = level.may_decide.iter().map(|role| role.replace('_', " ")).collect();
        let by = if roles.is_empty() { String::new() } else { format!(". For: {}", roles.join(", ")) };
        let hint = format!("{}{by}", capital(beside));
        Choice::new(level.rank.to_string(), format!("Level {}: {}", level.rank, level.name)).hint(hint)
    });
    let outcomes = OUTCOMES.iter().map(|one| Choice::new(one.word(), capital(&outcome(*one))));
    let lists = [
        ("reasons_to_decide_higher", HIGHER, "Higher"),
        ("reasons_to_decide_lower", LOWER, "Lower"),
        ("reasons_to_close_unsettled", CLOSING, "Closing"),
    ];
    let codes = lists.iter().flat_map(|(list, key, says)| {
        let listed = rules.framework().code_lists.iter().filter(move |one| one.id == *list);
        let codes = listed.flat_map(|one| &one.codes);
        codes.map(move |code| Choice::new(format!("{key}.{}", code.code), format!("{says}: {}", code.means)))
    });
    let asks: Vec<Choice> =
        shown.asks().filter_map(|id| Some(Choice::new(id, rules.indicators()[rules.fact(id)?].ask.clone()))).collect();
    let second = colleagues.iter().map(|person| {
        let role = person.role.word().replace('_', " ");
        Choice::new(person.id.clone(), format!("{} ({role}, {})", person.name, person.organisation))
    });
    let mut fields = vec![
        Field::new("level", "Which level do you decide?", Asks::One(levels.collect()))
            .needed("Choose the level that you decide"),
        Field::new("reason", "Reason", Asks::Select(codes.collect()))
            .hint("Needed to decide higher or lower, and to close while a statutory level is possible"),
        Field::new("words", "Why, in your own words", Asks::Text(4000))
            .hint("Name what you rely on. The referrer is not shown this"),
        Field::new("outcome", "What happens next?", Asks::One(outcomes.collect())).needed("Choose what happens next"),
        Field::new("holder", "Who has it next: organisation", Asks::Line(Line::Plain))
            .hint("By its code, like council:example. Leave empty when nothing more happens or advice is all"),
        Field::new("holder_name", "Who has it next: person or team", Asks::Line(Line::Name))
            .hint("If you know. Of the Emergency Duty Team: whom you told by telephone"),
        Field::new("telephoned", "Time of your telephone call", Asks::Line(Line::Time))
            .hint("Needed for the Emergency Duty Team: a message alone is not enough. Like 17:05"),
        Field::new("told", "What they are told", Asks::Text(4000)).hint(
            "Another organisation is shown this and nothing else but what you choose below. A transfer to another \
             authority carries the facts instead: level numbers differ",
        ),
        Field::new("along", "What else goes to another organisation", Asks::Several(along()))
            .hint(format!("A transfer to another authority always holds this, chosen or not. {IN_EVERY_TRANSFER}")),
        Field::new("second", "Second person, who confirms", Asks::Select(second.collect())).hint(
            "Needed to decide lower; one of you must be a manager. They sign in themselves and confirm. Whoever is not \
             listed has yet to sign in here once",
        ),
    ];
    if !asks.is_empty() {
        let field = Field::new("not_known", "What is not known, and you decide without", Asks::Several(asks));
        fields.push(field.hint("Needed to close while a statutory level is possible"));
    }
    if !child.alike.is_empty() {
        let others = child.alike.iter().map(|(number, _, name)| Choice::new(number.to_string(), name.clone()));
        let field = Field::new("same", "Decide the same about", Asks::Several(others.collect()));
        fields.push(
            field.hint(
                "The same is indicated for them. Each is a decision of its own, and if one cannot be taken none is",
            ),
        );
    }
    fields
}

/// What may go along, in words.
pub(super) fn goes_along(along: Along) -> &'static str {
    match along {
        Along::Name => "The child's name",
        Along::BirthDate => "Date of birth",
        Along::Address => "The family's address",
        Along::Reasons => "What was found about this child",
        Along::Account => "The referrer's account",
        Along::OwnWords => "The child's own words",
    }
}

/// Whether it goes in a transfer only where it was chosen. What else there is goes in any case, or never: a transfer holds
/// the facts in the place of what was found.
pub(super) fn is_chosen_of_a_transfer(along: Along) -> bool {
    matches!(along, Along::Address | Along::Account | Along::OwnWords)
}

fn along() -> Vec<Choice> {
    let choice = |along: &Along| {
        let choice = Choice::new(along.word(), goes_along(*along));
        match along {
            Along::Account => choice.hint("In a transfer to another authority. It may speak of other children"),
            Along::OwnWords => choice.hint("In a transfer to another authority"),
            Along::Reasons => choice.hint("Not in a transfer to another authority, which holds the facts instead"),
            Along::Name | Along::BirthDate | Along::Address => choice,
        }
    };
    Along::ALL.iter().map(choice).collect()
}

pub(super) fn page(asked: &Asked) -> Answered {
    let child = Child::of(asked)?;
    let fields = fields(&child, &colleagues(asked)?);
    let begun = |field: &Field| match field.key.as_str() {
        "told" => vec![child.told()],
        "along" => vec![Along::Name.word().to_owned()],
        _ => Vec::new(),
    };
    let begun: Vec<Vec<String>> = fields.iter().map(begun).collect();
    show(asked, &child, &fields, &begun, &[], None, &new_id())
}

fn show(
    asked: &Asked,
    child: &Child,
    fields: &[Field],
    values: &[Vec<String>],
    wrong: &[Wrong],
    notice: Option<&str>,
    once: &str,
) -> Answered {
    let evaluation = child.child.evaluation.get();
    let answer = super::answer::shown(&child.rules, evaluation, child.number).ok_or(Refused::Broken)?;
    let sources = Sources::of(&child.case, None, &child.rules)?;
    let answer = answer.resting(&sources.thin(child.number - 1, evaluation));
    let page = view! {
        id => child.case.listed.reference,
        back => child.at(),
        action => format!("/referrals/{}/children/{}/decision", child.case.listed.reference, child.number),
        name => child.name,
        shown => child.piece(),
        once,
        answer,
        form => shown_below(fields, values, wrong),
        notice,
    };
    let (status, error) = match (wrong.is_empty(), notice) {
        (true, None) => (StatusCode::OK, ""),
        (true, Some(_)) => (StatusCode::CONFLICT, ""),
        (false, _) => (StatusCode::UNPROCESSABLE_ENTITY, "Error: "),
    };
    let title = format!("{error}Decide: referral {}", child.case.listed.reference);
    asked.page_as(status, "decision.html", &title, page)
}

pub(super) fn decide(asked: &Asked) -> Answered {
    let child = Child::of(asked)?;
    let colleagues = colleagues(asked)?;
    let fields = fields(&child, &colleagues);
    let once = asked.entered.one("once").ok_or(Refused::Forged)?;
    if seen(asked)? != child.piece() {
        // What was asked then may be answered now: what still means something is kept.
        let values = asked.entered.still_asked(&fields, &BESIDES).read(&fields, &BESIDES)?;
        return moved(asked, &child, &fields, &values);
    }
    let values = asked.entered.read(&fields, &BESIDES)?;
    let mut wrong = crate::form::wrong(&fields, &values);
    if !wrong.is_empty() {
        return show(asked, &child, &fields, &values, &wrong, None, once);
    }
    let wanted = wanted(asked, &child, &colleagues, &fields, &values)?;
    if !is_fitting(&wanted, asked.entered.one("reason").unwrap_or_default()) {
        let says = UNFITTING.to_owned();
        wrong.push(Wrong { key: "reason".to_owned(), says });
        return show(asked, &child, &fields, &values, &wrong, None, once);
    }
    let (record, permit) = (asked.record()?, asked.permit()?);
    let outcome = wanted.outcome;
    let Some(all) = with_the_same(&child, permit.actor(), wanted, &same(&child, &fields, &values)) else {
        wrong.push(Wrong { key: "same".to_owned(), says: TOLD_OF_EACH.to_owned() });
        return show(asked, &child, &fields, &values, &wrong, None, once);
    };
    // Plain data: it always serialises.
    let body = serde_json::to_vec(&all).unwrap_or_default();
    let once_only = Once::new(permit, once, "a decision", &body);
    let id = &child.case.listed.id;
    let recorded = match record.before(once_only, asked.now)? {
        Some(before) => Ok(before),
        None => record.decide_all(permit, id, all, once_only, asked.now).and_then(Pending::wait_here),
    };
    match recorded {
        Ok(written) if outcome.passes_on() => receipt(asked, &child, written),
        Ok(_) => Ok(Answer::SeeOther(child.at())),
        Err(RecordError::Faults(faults)) => {
            wrong.extend(faults.iter().map(|fault| plain_of(&child, fault)));
            show(asked, &child, &fields, &values, &wrong, None, once)
        }
        Err(RecordError::Moved(_)) => moved(asked, &Child::of(asked)?, &fields, &values),
        Err(error) => Err(error.into()),
    }
}

/// The others about whom the same is decided.
fn same<'c>(child: &'c Child, fields: &[Field], values: &[Vec<String>]) -> Vec<&'c (usize, String, String)> {
    let ticked = fields.iter().position(|field| field.key == "same").and_then(|place| values.get(place));
    let is_ticked = |number: usize| ticked.is_some_and(|all| all.iter().any(|one| *one == number.to_string()));
    child.alike.iter().filter(|(number, ..)| is_ticked(*number)).collect()
}

const TOLD_OF_EACH: &str = "What another organisation is told was written about one child: decide about each of them \
                            alone, or leave what they are told as it was begun";

/// A decision with the same about others, each told of in words of its own. None where what another organisation is told
/// was written about this child: it must not be read as being about a brother or a sister.
fn with_the_same(
    child: &Child,
    actor: &Actor,
    wanted: Wanted,
    others: &[&(usize, String, String)],
) -> Option<Vec<Wanted>> {
    let holder = wanted.next_holder.as_ref();
    let told = holder.and_then(|holder| holder.told.as_deref());
    let is_begun = told.is_some_and(|told| told.trim() == child.told().trim());
    let is_elsewhere = holder.is_some_and(|holder| holder.organisation != actor.organisation);
    if is_elsewhere && told.is_some() && !is_begun && !others.is_empty() {
        return None;
    }
    // What was named as not known is named of each, and is checked against what its own evaluation asks.
    let of = |(_, reference, name): &&(usize, String, String)| {
        let mut same = Wanted { child: reference.clone(), ..wanted.clone() };
        if let Some(holder) = same.next_holder.as_mut().filter(|_| is_begun) {
            holder.told = Some(child.told_of(name));
        }
        same
    };
    let others: Vec<Wanted> = others.iter().map(of).collect();
    Some(std::iter::once(wanted).chain(others).collect())
}

/// Where the receipt of a decision that was just recorded is read.
pub(super) fn receipt(asked: &Asked, child: &Child, written: Written) -> Answered {
    let What::Decision(body) = asked.record()?.answered(written)?.what else { return Err(Refused::Broken) };
    let reference = &child.case.listed.reference;
    Ok(Answer::SeeOther(format!("/referrals/{reference}/decisions/{}/receipt", body.decision)))
}

/// The piece whose evaluation the page showed.
pub(super) fn seen(asked: &Asked) -> Result<i64, Refused> {
    asked.entered.one("shown").and_then(|shown| shown.parse().ok()).ok_or(Refused::Forged)
}

fn moved(asked: &Asked, child: &Child, fields: &[Field], values: &[Vec<String>]) -> Answered {
    let notice = "Something became known since you opened this page. Look at the answer below, then decide again. What \
                  you typed is kept.";
    show(asked, child, fields, values, &[], Some(notice), &new_id())
}

fn wanted(
    asked: &Asked,
    child: &Child,
    colleagues: &[Actor],
    fields: &[Field],
    values: &[Vec<String>],
) -> Result<Wanted, Refused> {
    let all = |key: &str| -> &[String] {
        fields.iter().position(|field| field.key == key).and_then(|place| values.get(place)).map_or(&[], Vec::as_slice)
    };
    let one = |key: &str| all(key).first().filter(|value| !value.is_empty());
    let level: Rank = one("level").and_then(|level| level.parse().ok()).ok_or(Refused::Forged)?;
    let (at_least, _) = child.shown.bounds();
    let reason = match (one("reason"), one("words")) {
        (None, None) => None,
        (code, words) => Some(Reason {
            code: code.and_then(|code| code.split_once('.')).map(|(_, code)| code.to_owned()).unwrap_or_default(),
            says: words.cloned().unwrap_or_default(),
        }),
    };
    let second = one("second").and_then(|id| colleagues.iter().find(|person| person.id == *id));
    let outcome: Outcome =
        one("outcome").and_then(|word| serde_json::from_value(json!(word)).ok()).ok_or(Refused::Forged)?;
    let is_ticked = |along: &Along| all("along").iter().any(|one| one == along.word());
    // As the page says: a transfer holds no reasons.
    let goes = |along: &Along| outcome != Outcome::AnotherAuthority || *along != Along::Reasons;
    let calendar = &asked.rules.framework().calendar;
    let received_at = child.case.listed.received_at;
    Ok(Wanted {
        child: child.child.reference.clone(),
        shown: seen(asked)?,
        level,
        view: match level.cmp(&at_least) {
            std::cmp::Ordering::Less => View::DecidesLower,
            std::cmp::Ordering::Equal => View::Agrees,
            std::cmp::Ordering::Greater => View::DecidesHigher,
        },
        reason,
        outcome,
        next_holder: one("holder").map(|organisation| Holder {
            organisation: organisation.clone(),
            name: one("holder_name").cloned(),
            told: one("told").cloned(),
            along: Along::ALL.into_iter().filter(is_ticked).filter(goes).collect(),
            telephoned_at: one("telephoned").and_then(|text| telephoned(calendar, received_at, asked.now, text)),
        }),
        second_person: second.map(|person| Second { id: person.id.clone(), role: person.role }),
        not_known: all("not_known").to_vec(),
    })
}

/// When a telephone call was, of its time of day: the last such moment, yesterday only where the referral was there by
/// then. One that is still to come stays so, and whoever typed it is asked again.
fn telephoned(calendar: &Calendar, received_at: Timestamp, now: Timestamp, text: &str) -> Option<Timestamp> {
    let time = time(text)?;
    let today = calendar.london(now).date();
    let until = now.checked_add(CLOCKS_DIFFER).ok()?;
    if let Some(at) = moments(calendar, today, time).find(|at| *at <= until) {
        return Some(at.min(now));
    }
    // A time of day has no seconds.
    let earliest = received_at.checked_sub(SignedDuration::from_mins(1)).ok()?;
    let yesterday = today.yesterday().ok().and_then(|date| moments(calendar, date, time).next());
    yesterday.filter(|at| *at > earliest).or_else(|| calendar.at(today, time))
}

/// The moments of a time of day in London, the last first: once a year an hour comes twice.
fn moments(calendar: &Calendar, date: Date, time: Time) -> impl Iterator<Item = Timestamp> {
    let first = calendar.at(date, time);
    let again = first.and_then(|first| first.checked_add(SignedDuration::from_hours(1)).ok());
    let again = again.filter(|again| (calendar.london(*again).date(), calendar.london(*again).time()) == (date, time));
    again.into_iter().chain(first)
}

const UNFITTING: &str = "Choose a reason that fits: one for deciding higher, for deciding lower or for closing";

/// Whether a reason stands in the list of the decision that it is for: two lists may share a code.
fn is_fitting(wanted: &Wanted, reason: &str) -> bool {
    let list = match wanted.view {
        View::DecidesHigher => HIGHER,
        View::DecidesLower => LOWER,
        View::Agrees => CLOSING,
    };
    reason.split_once('.').is_none_or(|(named, _)| named == list)
}

/// A fault of the record, beside the field that it is about; of another child than this, beside the list of the others.
fn plain_of(child: &Child, fault: &Fault) -> Wrong {
    if !fault.pointer.starts_with("/same/") {
        return plain(fault);
    }
    let rest = fault.detail.strip_prefix("of ").unwrap_or(&fault.detail);
    let of = |(_, reference, name): &(usize, String, String)| {
        Some((name.clone(), rest.strip_prefix(reference.as_str())?.strip_prefix(": ")?.to_owned()))
    };
    let says = match child.alike.iter().find_map(of) {
        Some((name, detail)) => format!("{name}: {}", detail.replace('_', " ")),
        None => capital(rest),
    };
    Wrong { key: "same".to_owned(), says }
}

/// A fault of the record, beside the field that it is about.
fn plain(fault: &Fault) -> Wrong {
    let key = match fault.pointer.as_str() {
        "/reason" | "/reason/code" => "reason",
        "/reason/says" => "words",
        pointer if pointer.starts_with("/second_person") => "second",
        "/outcome" => "outcome",
        "/next_holder" | "/next_holder/organisation" => "holder",
        "/next_holder/name" => "holder_name",
        "/next_holder/telephoned_at" => "telephoned",
        "/next_holder/told" => "told",
        pointer if pointer.starts_with("/next_holder/along") => "along",
        pointer if pointer.starts_with("/not_known") => "not_known",
        _ => "level",
    };
    let says = match fault.code {
        FaultCode::MissingKey if key == "reason" => "Choose a reason, and say why in your own words".to_owned(),
        FaultCode::MissingKey if key == "holder" => "Say who has it next".to_owned(),
        FaultCode::MissingKey if key == "second" => {
            "Deciding lower needs a second person: choose who will confirm, one of you a manager".to_owned()
        }
        FaultCode::MissingKey if key == "not_known" => "Say what is not known, and you decide without".to_owned(),
        FaultCode::UnknownCode => UNFITTING.to_owned(),
        _ => capital(&fault.detail).replace('_', " "),
    };
    Wrong { key: key.to_owned(), says }
}

pub(super) fn confirm(asked: &Asked) -> Answered {
    follow_up(asked, "confirmation")
}

pub(super) fn accept(asked: &Asked) -> Answered {
    follow_up(asked, "acceptance")
}

fn follow_up(asked: &Asked, what: &str) -> Answered {
    asked.entered.read(&[], &[TOKEN, "once", "child"])?;
    let (record, permit) = (asked.record()?, asked.permit()?);
    let (id, decision) = (asked.part("id"), asked.part("decision"));
    let key = asked.entered.one("once").ok_or(Refused::Forged)?;
    let once = Once::new(permit, key, what, format!("{id} {decision}").as_bytes());
    if record.before(once, asked.now)?.is_none() {
        record.follow_up(permit, id, decision, once, asked.now).and_then(Pending::wait_here)?;
    }
    // Sent where children are shown one at a time.
    let child = asked.entered.one("child").and_then(|number| number.parse::<usize>().ok());
    let child = child.map(|number| format!("?child={number}")).unwrap_or_default();
    Ok(Answer::SeeOther(format!("/referrals/{id}{child}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Day, OfficeHours};

    #[test]
    fn a_telephone_call_was_at_the_last_such_time_and_not_before_there_was_a_referral() {
        let (from, to, otherwise) = ("09:00".to_owned(), "17:00".to_owned(), "duty_team".to_owned());
        let calendar = Calendar::new(&OfficeHours { days: vec![Day::Mon], from, to, otherwise }).unwrap();
        for (received, now, typed, expected) in [
            ("2026-11-24T16:00Z", "2026-11-24T17:10Z", "17:05", "2026-11-24T17:05Z"),
            // Not yet, and yesterday the referral was not there: it stays, and is asked again.
            ("2026-11-24T16:00Z", "2026-11-24T16:30Z", "17:05", "2026-11-24T17:05Z"),
            // After midnight, of the evening before.
            ("2026-11-23T16:00Z", "2026-11-24T00:20Z", "23:50", "2026-11-23T23:50Z"),
            ("2026-11-23T23:50:30Z", "2026-11-24T00:20Z", "23:50", "2026-11-23T23:50Z"),
            ("2026-11-23T23:52Z", "2026-11-24T00:20Z", "23:50", "2026-11-24T23:50Z"),
            // Two clocks seldom agree.
            ("2026-11-23T16:00Z", "2026-11-24T17:03Z", "17:05", "2026-11-24T17:03Z"),
            ("2026-11-23T16:00Z", "2026-11-24T17:02Z", "17:05", "2026-11-23T17:05Z"),
            // In summer London is an hour ahead.
            ("2026-07-01T08:00Z", "2026-07-01T09:00Z", "09:30", "2026-07-01T08:30Z"),
            // The hour that comes twice: the second where it has come, else the first.
            ("2026-10-24T12:00Z", "2026-10-25T01:40Z", "01:30", "2026-10-25T01:30Z"),
            ("2026-10-24T12:00Z", "2026-10-25T01:10Z", "01:30", "2026-10-25T00:30Z"),
        ] {
            let at = |text: &str| text.parse::<Timestamp>().unwrap();
            let called = telephoned(&calendar, at(received), at(now), typed);
            assert_eq!(called, Some(at(expected)), "{typed} typed at {now}");
        }
    }
}
