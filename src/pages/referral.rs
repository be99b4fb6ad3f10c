//! A referral: what the criteria indicate for each child, what was said, and where each decision stands.

use serde_json::Value;

use super::answer;
use super::answer::{answered, question};
use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::capital;
use super::look::{day, said};
use crate::access::Operation;
use crate::criteria::RuleSet;
use crate::decision::{Actor, Outcome, Shown, View, may_confirm};
use crate::facts::Said;
use crate::ladder::Duty;
use crate::record::case::{Case, ChildStands, Standing};
use crate::record::earlier::Earlier;
use crate::record::new_id;
use crate::record::once::{Once, Pending};
use crate::record::shown::{ReferralRead, decisions};
use crate::referral::Referral;
use crate::referral::received::{FamilyTold, Received};

/// How many children stand on one page; of more, one at a time: a page must not weigh too much for a slow line.
const TOGETHER: usize = 4;

/// Where a child of a referral is shown.
pub(super) fn at(reference: &str, children: usize, number: usize) -> String {
    if children <= TOGETHER {
        format!("/referrals/{reference}")
    } else {
        format!("/referrals/{reference}?child={number}")
    }
}

/// The referral of the address; that it was read is recorded.
pub(super) fn read(asked: &Asked) -> Result<Case, Refused> {
    Ok(asked.record()?.view(asked.permit()?, asked.part("id"), asked.now)?)
}

/// What each child is called on the pages.
pub(super) fn names(case: &Case) -> Result<Vec<String>, Refused> {
    let (received, _) = case.said()?;
    let many = received.children.len() > 1;
    let name = |(place, child): (usize, &crate::referral::received::Identity)| match &child.name {
        Some(name) => name.clone(),
        None if many => format!("Child {}", place + 1),
        None => "The child".to_owned(),
    };
    Ok(received.children.iter().enumerate().map(name).collect())
}

pub(super) fn page(asked: &Asked) -> Answered {
    let case = read(asked)?;
    let (record, only) = (asked.record()?, asked.permit()?.only());
    let evaluated = record.explained(&case, only)?;
    let rules = record.rule_set(&evaluated.rule_set)?;
    let (received, _) = case.said()?;
    let (names, stands) = (names(&case)?, case.children());
    let people = asked.may_confirm()?;
    // To the organisation whose it is, what it said itself.
    let referral = if only.is_none() { case.unfolded(&rules)? } else { received.referral.clone() };
    let count = evaluated.children.len();
    let chosen = asked.query.one("child").and_then(|number| number.parse().ok());
    let chosen: usize = chosen.filter(|number| (1..=count).contains(number)).unwrap_or(1);
    // Who already has a child is for the front door.
    let open = if only.is_none() { record.open_cases(&case)? } else { Vec::new() };
    let mut children = Vec::new();
    for ((place, child), name) in evaluated.children.iter().enumerate().zip(&names) {
        let number = place + 1;
        let mut one = answer::shown(&rules, child.evaluation.get(), number).ok_or(Refused::Broken)?;
        one.about(&case.listed.reference, name);
        let open = open.iter().find(|open| open.child == place);
        let may_decide = asked.may(Operation::Decide).is_some_and(|permit| permit.reaches(&case.listed.organisation));
        children.push(view! {
            name,
            number,
            is_whole => count <= TOGETHER || number == chosen,
            href => if count <= TOGETHER { format!("#child-{number}") } else { format!("{}#child-{number}", at(&case.listed.reference, count, number)) },
            one,
            own_words => received.children.get(place).and_then(|child| child.own_words.clone()),
            told => told(&rules, &received, &referral, place),
            decide => may_decide.then(|| format!("/referrals/{}/children/{number}/decision", case.listed.reference)),
            decision => stands.get(place).and_then(|stands| decision(asked, &case, stands, &people)),
            open => open.map(|open| view! {
                to => open.name,
                organisation => open.organisation,
                since => said(open.since),
                reference => open.reference,
                // Once is enough; again only when the answer rose since.
                send => stands.get(place).is_some_and(|stands| may_decide && (stands.decided.is_none() || stands.reopened))
                    .then(|| format!("/referrals/{}/children/{number}/pass-on", case.listed.reference)),
            }),
        });
    }
    let read = ReferralRead::of(record, &case, only)?;
    let read = serde_json::to_value(&read).map_err(|_| Refused::Broken)?;
    let listed = &case.listed;
    let page = view! {
        id => listed.reference,
        standing => standing(listed.standing),
        received => said(listed.received_at),
        organisation => listed.organisation,
        referrer => [received.referrer.name, received.referrer.role, received.referrer.contact].into_iter().flatten().collect::<Vec<_>>().join(", "),
        home => [("Where the children live", received.home.address), ("Who lives there", received.home.people)]
            .map(|(says, text)| (says, text.unwrap_or_else(|| "Not said".to_owned()))),
        account => received.account,
        level => received.referrers_level.map(|level| format!("Level {level}")),
        family => [
            ("Does the family know?", word(&received.family_told)),
            ("Do they agree to help?", word(&received.agrees_to_help)),
            ("Shared on the basis of", word(&received.sharing_basis)),
        ],
        children,
        is_one_by_one => count > TOGETHER,
        pieces => pieces(&read),
        may_inform => asked.may(Operation::Inform).is_some(),
        may_look_up => asked.may(Operation::LookUp).is_some(),
        earlier => earlier(asked, &case, &names),
        may_list => asked.may(Operation::List).is_some(),
        once => new_id(),
        shown => case.pieces().len() + 1,
        transfer => transfer(&case, &rules, only, evaluated.children.first().map(|child| child.evaluation.get())),
        waits_for_duty_team => stands.iter().any(waits_for_duty_team),
        is_unsafe_to_tell => received.family_told == Some(FamilyTold::UnsafeToTell),
        // Whoever referred is told what to expect.
        expects => only.map(|_| expects(&rules)),
    };
    let title = format!("What the criteria indicate: referral {}", listed.reference);
    asked.page("referral.html", &title, page)
}

/// What the transfer says by which another authority sent a child here, for the front door.
fn transfer(case: &Case, rules: &RuleSet, only: Option<&str>, evaluation: Option<&str>) -> Option<Value> {
    let transfer = case.transfer().filter(|_| only.is_none())?;
    let here: Vec<String> =
        transfer.levels_here(rules).iter().map(|level| format!("level {}, {}", level.rank, level.name)).collect();
    let indicated: Option<Shown> = evaluation.and_then(|text| serde_json::from_str(text).ok());
    // What the sender acted under is never taken for less: where less is indicated here, a person asks why.
    let is_lower = indicated.zip(transfer.level_here(rules)).is_some_and(|(shown, sent)| shown.bounds().0 < sent);
    Some(view! {
        from => format!("{} ({})", transfer.from.name, transfer.from.organisation),
        sent => said(transfer.sent_at),
        reference => transfer.referral.reference,
        under => transfer.sent_under.map(Duty::says),
        here => here.join(", or "),
        is_lower,
        act_now => transfer.act_now,
        not_asked => transfer.not_asked_here(rules).count(),
        file => format!("/referrals/{}/transfer", case.listed.reference),
    })
}

/// When the framework has a referrer hear, and what they do when they hear nothing.
fn expects(rules: &RuleSet) -> Vec<String> {
    let listed = rules.framework().timescales.iter();
    let theirs =
        listed.filter(|one| ["tell_the_referrer", "escalate_when_nothing_is_heard"].contains(&one.id.as_str()));
    theirs.map(|one| format!("{}, {}.", one.says, one.within)).collect()
}

/// Who a child is, and every answer about the child or the household, in the order of the rules.
fn told(rules: &RuleSet, received: &Received, referral: &Referral, place: usize) -> Option<Value> {
    let (who, child) = (received.children.get(place)?, referral.children.get(place)?);
    let identity = [
        ("Date of birth", child.date_of_birth.map(day)),
        ("Due", child.due_date.map(day)),
        ("NHS number", who.nhs_number.clone()),
        ("Unique pupil number", who.upn.clone()),
    ];
    let identity: Vec<_> = identity.into_iter().filter_map(|(says, value)| Some((says, value?))).collect();
    let all = || child.answers.said.iter().chain(referral.household.iter().flat_map(|household| &household.said));
    let words = |id: &str, answer: &crate::facts::Answer| {
        serde_json::to_value(answer).map_or_else(|_| String::new(), |value| answered(rules, id, &value))
    };
    let mut answers: Vec<(Option<usize>, String, String)> = all()
        .map(|(id, said)| {
            let says = match said {
                Said::Answer(answer) => words(id, answer),
                Said::TwoAccounts(one, other) => format!("{}; also said: {}", words(id, one), words(id, other)),
                Said::NotKnown => "Not known".to_owned(),
                Said::Refused => "Asked, and would not say".to_owned(),
            };
            (rules.fact(id), question(rules, id), says)
        })
        .collect();
    answers.sort();
    let answers: Vec<_> = answers.into_iter().map(|(_, asks, says)| (asks, says)).collect();
    Some(view! { identity, answers })
}

/// Whether the Emergency Duty Team was handed this child and has not yet accepted. Where the answer rose since, nobody
/// accepts: somebody decides again.
pub(super) fn waits_for_duty_team(stands: &ChildStands) -> bool {
    was_handed_to_duty_team(stands) && !stands.reopened
}

/// Whether this child was handed to the Emergency Duty Team, and nobody there has accepted.
pub(super) fn was_handed_to_duty_team(stands: &ChildStands) -> bool {
    stands
        .decided
        .as_ref()
        .is_some_and(|decided| decided.wanted.outcome == Outcome::EmergencyDutyTeam && !decided.accepted)
}

/// Whether the last decision about a child waits for whoever is signed in to confirm it.
pub(super) fn is_second_person(asked: &Asked, stands: &ChildStands) -> bool {
    let Some((decided, visitor)) = stands.decided.as_ref().zip(asked.visitor.as_ref()) else { return false };
    let (second, me) = (&decided.wanted.second_person, &visitor.actor);
    let is_me = second.as_ref().is_some_and(|second| me.id == second.id && me.role == second.role);
    is_me && may_confirm(me.role) && !decided.confirmed && !stands.reopened
}

/// A word of a closed list, as one reads it.
fn word<T: serde::Serialize>(value: &Option<T>) -> String {
    match value.as_ref().and_then(|value| serde_json::to_value(value).ok()) {
        Some(Value::String(word)) => capital(&word.replace('_', " ")),
        _ => "Not said".to_owned(),
    }
}

/// The last decision about a child, and what may follow it.
fn decision(asked: &Asked, case: &Case, stands: &ChildStands, people: &[Actor]) -> Option<Value> {
    let decided = stands.decided.as_ref()?;
    let only = asked.permit().ok()?.only();
    let all = decisions(case, only);
    let read = serde_json::to_value(all.iter().find(|one| one.id() == decided.id)?).ok()?;
    let holder = decided.wanted.next_holder.as_ref();
    let reaches =
        asked.may(Operation::Accept).zip(holder).is_some_and(|(permit, holder)| permit.reaches(&holder.organisation));
    let path = |what: &str| format!("/referrals/{}/decisions/{}/{what}", case.listed.reference, decided.id);
    let text = |pointer: &str| read.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Some(view! {
        view => match decided.wanted.view {
            View::Agrees => "Agrees with what the criteria indicate",
            View::DecidesHigher => "Decides higher than the criteria indicate",
            View::DecidesLower => "Decides lower than the criteria indicate",
        },
        level => decided.wanted.level,
        outcome => capital(&outcome(decided.wanted.outcome)),
        by => text("/by/name"),
        at => text("/recorded_at"),
        reason => text("/decided/reason/says"),
        holder => holder.map(|holder| holder.name.as_ref().map_or(holder.organisation.clone(), |name| format!("{name}, {}", holder.organisation))),
        second => text("/decided/second_person/id").map(|id| people.iter().find(|person| person.id == id).map_or(id, |person| person.name.clone())),
        confirmed_by => text("/confirmed_by/name"),
        accepted_by => text("/accepted_by/name"),
        is_reopened => stands.reopened,
        is_confirmed => decided.confirmed,
        is_accepted => decided.accepted,
        closes => decided.wanted.outcome.closes(),
        is_duty_team => waits_for_duty_team(stands),
        receipt => (only.is_none() && decided.wanted.outcome.passes_on()).then(|| path("receipt")),
        confirm => is_second_person(asked, stands).then(|| path("confirmation")),
        accept => (reaches && decided.confirmed && !decided.accepted && !stands.reopened && !decided.wanted.outcome.closes()).then(|| path("acceptance")),
    })
}

/// What an outcome is called.
pub(super) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::NoFurtherAction => "no further action",
        Outcome::Advice => "information and advice",
        Outcome::EarlyHelp => "early help or Family Help",
        Outcome::S17Assessment => "section 17 assessment",
        Outcome::StrategyDiscussion => "strategy discussion",
        Outcome::AllocatedWorker => "the worker who already has the case",
        Outcome::AnotherAuthority => "the authority where the child lives",
        Outcome::EmergencyDutyTeam => "the Emergency Duty Team",
    }
    .to_owned()
}

/// Where a referral stands, in words.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Reopened => "Reopened: the answer rose after a decision",
        Standing::Open => "Waits for a decision",
        Standing::AwaitingSecondPerson => "Waits for a second person",
        Standing::AwaitingAcceptance => "Waits to be accepted",
        Standing::WithDutyTeam => "With the Emergency Duty Team until the hub opens",
        Standing::Accepted => "Accepted by the next holder",
        Standing::Closed => "Closed",
    }
}

/// What was added later, as its reader may see it.
fn pieces(read: &Value) -> Vec<Value> {
    let all = read["said"].as_array().into_iter().flatten().skip(1);
    let piece = |piece: &Value| {
        let request = &piece["request"];
        let said_by =
            ["name", "role", "agency", "organisation"].iter().filter_map(|key| request["said_by"][*key].as_str());
        view! {
            number => piece["piece"].as_i64(),
            at => piece["recorded_at"].as_str(),
            by => piece["by"]["name"].as_str(),
            said_by => said_by.collect::<Vec<_>>().join(", ").replace('_', " "),
            account => request["account"].as_str(),
            kind => request["kind"].as_str().unwrap_or("answers"),
        }
    };
    all.map(piece).collect()
}

/// Earlier referrals that may be of the same child, for the front door; nothing where they could not be looked up.
fn earlier(asked: &Asked, case: &Case, names: &[String]) -> Option<Vec<Value>> {
    let found = asked.record().ok()?.beside(&asked.may(Operation::LookUp)?, case, asked.now)?;
    let children = &case.evaluated().ok()?.children;
    let name = |one: &Earlier| names.get(children.iter().position(|child| child.reference == one.child)?);
    let row = |one: &Earlier| {
        view! {
            child => one.child,
            name => name(one),
            referral => one.referral,
            agrees => one.agrees.iter().map(|word| word.replace('_', " ")).collect::<Vec<_>>().join(", "),
            received => said(one.received_at),
            agency => one.agency.as_ref().map(|id| id.replace('_', " ")),
            level => one.level,
            outcome => one.outcome.map(outcome),
            confirmed => one.confirmed,
        }
    };
    Some(found.iter().map(row).collect())
}

pub(super) fn same_child(asked: &Asked) -> Answered {
    let known = [TOKEN, "once", "child", "referral", "same_incident"];
    asked.entered.read(&[], &known)?;
    let one = |name: &str| asked.entered.one(name).ok_or(Refused::Forged);
    let (record, permit, id) = (asked.record()?, asked.permit()?, asked.part("id"));
    let (referral, child, same) = (one("referral")?, one("child")?, asked.entered.one("same_incident").is_some());
    let once = Once::new(
        permit,
        one("once")?,
        "an earlier referral is confirmed",
        format!("{id} {referral} {child} {same}").as_bytes(),
    );
    if record.before(once, asked.now)?.is_none() {
        record
            .same_child(permit, id, referral, child, same, &asked.rules, once, asked.now)
            .and_then(Pending::wait_here)?;
    }
    Ok(Answer::SeeOther(format!("/referrals/{id}#earlier")))
}
