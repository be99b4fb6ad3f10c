//! A referral: what the criteria indicate for each child, what was said, and where each decision stands.

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer;
use super::answer::{answered, question};
use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::came_from::{Told, basis, whose};
use super::fields::capital;
use super::look::{day, said};
use super::{disagreement, letter};
use crate::access::Operation;
use crate::criteria::RuleSet;
use crate::decision::{Actor, Outcome, Shown, View, may_accept, may_confirm};
use crate::ladder::{Duty, Rank};
use crate::letters::Reader;
use crate::record::body::LetterBody;
use crate::record::case::{Case, ChildStands, Event, Standing, What};
use crate::record::earlier::Earlier;
use crate::record::new_id;
use crate::record::once::{Once, Pending};
use crate::record::reference;
use crate::record::shown::{ReferralRead, decisions};
use crate::referral::Referral;
use crate::referral::caller::{Call, ReadBack};
use crate::referral::received::{FamilyTold, Received};
use crate::referral::unfold::SaidBy;

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
    let sources = Told::of(&case, only, &rules)?;
    let count = evaluated.children.len();
    let chosen = asked.query.one("child").and_then(|number| number.parse().ok());
    let chosen: usize = chosen.filter(|number| (1..=count).contains(number)).unwrap_or(1);
    // Who already has a child is for the front door.
    let open = if only.is_none() { record.open_cases(&case)? } else { Vec::new() };
    let mut children = Vec::new();
    for ((place, child), name) in evaluated.children.iter().enumerate().zip(&names) {
        let number = place + 1;
        let mut one = answer::shown(&rules, child.evaluation.get(), number).ok_or(Refused::Broken)?;
        one = one.resting(&sources.sources.thin(place, child.evaluation.get()));
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
            told => told(&sources, &received, &referral, place),
            decide => may_decide.then(|| format!("/referrals/{}/children/{number}/decision", case.listed.reference)),
            decision => stands.get(place).and_then(|stands| decision(asked, &case, stands, &people)),
            told_of => told_of(&case, only, place),
            disagreements => disagreement::of_child(&case, only, &decided_about(&case, place)),
            disagree => asked.may(Operation::Disagree).filter(|_| stands.get(place).is_some_and(|one| one.decided.is_some())).map(|_| path(&case, number, "disagreement")),
            tell => asked.may(Operation::Tell).filter(|_| stands.get(place).is_some_and(|one| letter::to_tell(one, Reader::Family).is_some())).map(|_| path(&case, number, "letter")),
            disclose => asked.may(Operation::Disclose).map(|_| path(&case, number, "disclosure")),
            raised => stands.get(place).filter(|_| only.is_none()).and_then(|stands| raised(&rules, &sources, stands)),
            // To the organisation whose it is, not that others refer this child too.
            joined => stands.get(place).and_then(|stands| stands.joined.as_ref()).filter(|_| only.is_none()).map(|joined| other(asked, &joined.other).unwrap_or_default()),
            is_joined => stands.get(place).is_some_and(|stands| stands.joined.is_some()),
            joins => joins(asked, &case, place),
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
        call => received.call.as_ref().map(|call| called(&case, call)),
        is_anonymous => received.referrer.anonymous,
        basis => received.referrer.basis.map(|known| capital(basis(known))),
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
        pieces => pieces(&rules, &sources, &read),
        disputed => disputed(&rules, &sources, &read, Some(1)),
        may_inform => asked.may(Operation::Inform).is_some(),
        may_look_up => asked.may(Operation::LookUp).is_some(),
        earlier => earlier(asked, &case, &names),
        may_list => asked.may(Operation::List).is_some(),
        batch => asked.may(Operation::ReceiveBatch).and(case.first()?.batch.as_ref().map(|of| of.batch.clone())),
        once => new_id(),
        feedback => asked.may(Operation::Tell).filter(|_| stands.iter().any(|one| letter::to_tell(one, Reader::Referrer).is_some() || letter::owed_for_joining(one).is_some())).map(|_| format!("/referrals/{}/feedback", listed.reference)),
        shown => case.pieces().len() + 1,
        transfer => transfer(&case, &rules, only, evaluated.children.first().map(|child| child.evaluation.get())),
        waits_for_duty_team => stands.iter().any(waits_for_duty_team),
        is_unsafe_to_tell => received.family_told == Some(FamilyTold::UnsafeToTell) || (only.is_none() && record.is_unsafe_to_tell(&case)?),
        // Whoever referred is told what to expect.
        expects => only.map(|_| expects(&rules)),
    };
    let title = format!("What the criteria indicate: referral {}", listed.reference);
    asked.page("referral.html", &title, page)
}

/// Who typed a call, and whether it was read back.
fn called(case: &Case, call: &Call) -> Value {
    let read_back = call.read_back.map(|came| match came {
        ReadBack::Confirmed => "Read back and confirmed",
        ReadBack::NotPossible => "Not read back: the caller had rung off",
        ReadBack::Corrected => "Read back; the caller disagreed with some of it, as the account says",
    });
    view! {
        by => case.events.first().map(|event| event.by().name.clone()),
        began => call.began_at.map(said),
        read_back => read_back.unwrap_or("Nobody said whether it was read back"),
        read_back_at => call.read_back_at.map(said),
        aloud => reference::aloud(&case.listed.reference),
    }
}

/// By how much an answer rose after a decision, and whose words raised it.
pub(super) fn raised(rules: &RuleSet, told: &Told<'_>, stands: &ChildStands) -> Option<String> {
    let bounds = |(least, most): (Rank, Rank)| {
        if least == most { format!("level {least}") } else { format!("at least level {least}, could be {most}") }
    };
    let by = |piece: &usize| {
        let giver = piece.checked_sub(1).and_then(|place| told.sources.givers.get(place));
        let whose = giver.map(|giver| whose(rules, giver)).filter(|whose| !whose.is_empty());
        format!("entry {piece}{}", whose.map(|whose| format!(" ({whose})")).unwrap_or_default())
    };
    let by: Vec<String> = stands.raised_by.iter().map(by).collect();
    (stands.reopened && !by.is_empty())
        .then(|| format!("From {} to {}, by {}", bounds(stands.decided_on), bounds(stands.bounds), by.join(" and ")))
}

/// The reference of another referral, for whoever may see it; none when it is beyond reach or was erased.
fn other(asked: &Asked, id: &str) -> Option<String> {
    let case = asked.record().ok()?.case(id).ok()?;
    asked.may(Operation::Read)?.reaches(&case.listed.organisation).then_some(case.listed.reference)
}

/// The referrals whose children were joined to a child of this one.
fn joins(asked: &Asked, case: &Case, place: usize) -> Vec<Option<String>> {
    // To the organisation whose it is, nothing of what others said.
    if asked.permit().is_ok_and(|permit| permit.only().is_some()) {
        return Vec::new();
    }
    let pieces = case.pieces();
    let joined = pieces.iter().filter_map(|piece| piece.joined.as_ref()).filter(|joined| joined.child == place);
    let others: BTreeSet<&str> = joined.map(|joined| joined.other.as_str()).collect();
    others.into_iter().map(|id| other(asked, id)).collect()
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

/// Who a child is, and every answer about the child or the household with where it came from.
fn told(sources: &Told<'_>, received: &Received, referral: &Referral, place: usize) -> Option<Value> {
    let rows = sources.rows(place);
    let (who, child) = (received.children.get(place)?, referral.children.get(place)?);
    let identity = [
        ("Date of birth", child.date_of_birth.map(day)),
        ("Due", child.due_date.map(day)),
        ("NHS number", who.nhs_number.clone()),
        ("Unique pupil number", who.upn.clone()),
    ];
    let identity: Vec<_> = identity.into_iter().filter_map(|(says, value)| Some((says, value?))).collect();
    Some(view! { identity, rows })
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
    let rules = asked.record().ok()?.decided_under(case, &decided.id).ok()?;
    let takes = asked.visitor.as_ref().is_some_and(|me| may_accept(&rules, &decided.wanted, &decided.by, &me.actor));
    let reaches = takes
        && asked
            .may(Operation::Accept)
            .zip(holder)
            .is_some_and(|(permit, holder)| permit.reaches(&holder.organisation));
    let is_waited_for = decided.confirmed && !decided.accepted && !stands.reopened && !decided.wanted.outcome.closes();
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
        rose => !stands.raised_by.is_empty(),
        is_confirmed => decided.confirmed,
        is_accepted => decided.accepted,
        closes => decided.wanted.outcome.closes(),
        is_duty_team => waits_for_duty_team(stands),
        receipt => (only.is_none() && decided.wanted.outcome.passes_on()).then(|| path("receipt")),
        confirm => is_second_person(asked, stands).then(|| path("confirmation")),
        sent_by_me => is_waited_for && asked.visitor.as_ref().is_some_and(|me| me.actor.id == decided.by.id) && !takes,
        accept => (reaches && is_waited_for).then(|| path("acceptance")),
    })
}

/// Where something is done about one child of a referral.
fn path(case: &Case, number: usize, what: &str) -> String {
    format!("/referrals/{}/children/{number}/{what}", case.listed.reference)
}

/// Every decision that was taken about a child, by id.
fn decided_about(case: &Case, place: usize) -> Vec<String> {
    let of = |event: &Event| match &event.what {
        What::Decision(body) if event.leaf.decided.as_ref().is_some_and(|decided| decided.child == place) => {
            Some(body.decision.clone())
        }
        _ => None,
    };
    case.events.iter().filter_map(of).collect()
}

/// Who was told of the decisions about a child, and who was not.
fn told_of(case: &Case, only: Option<&str>, place: usize) -> Vec<Value> {
    let mut decisions = decided_about(case, place);
    // Of a child that was joined to another referral's, whoever referred is told by the joining.
    decisions.extend(case.events.iter().filter_map(|event| match &event.what {
        What::Act(body) if body.joined.as_ref().is_some_and(|joined| joined.child == place) => {
            Some(event.leaf.id.clone())
        }
        _ => None,
    }));
    let theirs = case.letters().filter(|(_, body)| body.told.decisions.iter().any(|one| decisions.contains(one)));
    let theirs = theirs.filter(|(_, body)| only.is_none() || body.told.to == Reader::Referrer);
    let row = |(event, body): (&Event, &LetterBody)| {
        let sent = body.told.sent.as_ref();
        view! {
            who => match body.told.to { Reader::Referrer => "Whoever referred", Reader::Family => "The family" },
            at => said(event.leaf.at),
            way => sent.map(|sent| letter::way(sent.way)),
            href => sent.map(|_| format!("/referrals/{}/letters/{}", case.listed.reference, body.letter)),
            withheld => body.told.withheld.as_ref().filter(|_| only.is_none()).map(|reason| reason.says.clone()),
        }
    };
    theirs.map(row).collect()
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
        Standing::Reopened => "Reopened: something came after a decision",
        Standing::Open => "Waits for a decision",
        Standing::AwaitingSecondPerson => "Waits for a second person",
        Standing::AwaitingAcceptance => "Waits to be accepted",
        Standing::WithDutyTeam => "With the Emergency Duty Team until the hub opens",
        Standing::Accepted => "Accepted by the next holder",
        Standing::Closed => "Closed",
    }
}

/// What was added later, as its reader may see it.
fn pieces(rules: &RuleSet, told: &Told<'_>, read: &Value) -> Vec<Value> {
    let all = read["said"].as_array().into_iter().flatten().skip(1);
    let piece = |piece: &Value| {
        let request = &piece["request"];
        view! {
            number => piece["piece"].as_i64(),
            at => piece["recorded_at"].as_str(),
            by => piece["by"]["name"].as_str(),
            said_by => said_by(rules, told, piece),
            disputed => disputed(rules, told, read, piece["piece"].as_i64()),
            account => request["account"].as_str(),
            kind => request["kind"].as_str().unwrap_or("answers"),
        }
    };
    all.map(piece).collect()
}

/// Who said a piece.
fn said_by(rules: &RuleSet, told: &Told<'_>, piece: &Value) -> String {
    let parts = ["name", "role", "organisation"];
    let said_by = parts.iter().filter_map(|key| piece["request"]["said_by"][*key].as_str()).map(str::to_owned);
    let number = piece["piece"].as_u64().and_then(|number| usize::try_from(number).ok());
    let giver = number.and_then(|number| told.sources.givers.get(number.checked_sub(1)?));
    // The agency, and how they know it, once.
    let giver = giver.map(|giver| whose(rules, &SaidBy { role: None, name: None, ..giver.clone() }));
    said_by.chain(giver.filter(|giver| !giver.is_empty())).collect::<Vec<_>>().join(", ")
}

/// What the family says against an entry, to stand beside it.
fn disputed(rules: &RuleSet, told: &Told<'_>, read: &Value, number: Option<i64>) -> Vec<Value> {
    let all = read["said"].as_array().into_iter().flatten();
    let against =
        all.filter(|piece| piece["request"]["kind"] == "disputed" && piece["request"]["corrects"].as_i64() == number);
    let one = |piece: &Value| {
        view! { number => piece["piece"].as_i64(), said_by => said_by(rules, told, piece), account => piece["request"]["account"].as_str() }
    };
    against.map(one).collect()
}

/// Earlier referrals that may be of the same child, for the front door; nothing where they could not be looked up.
fn earlier(asked: &Asked, case: &Case, names: &[String]) -> Option<Vec<Value>> {
    let found = asked.record().ok()?.beside(&asked.may(Operation::LookUp)?, case, &asked.rules, asked.now)?;
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
            fills => one.fills.iter().map(|(fact, answer)| format!("{} {}.", question(&asked.rules, fact), answered(&asked.rules, fact, answer))).collect::<Vec<_>>(),
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
