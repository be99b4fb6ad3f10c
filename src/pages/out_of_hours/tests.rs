//! Nights, weekends, bank holidays and the nights when the clocks change: what the page and the worklist say then.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::access::{Operation, demonstration, permit};
use crate::pages::asked::{Answer, Visitor};
use crate::pages::council::Council;
use crate::pages::{Front, worklist};
use crate::record::case::{Standing, What};
use crate::record::once::Once;
use crate::record::sessions::SessionSecret;
use crate::record::{Places, Record, new_id};
use crate::serving::Serving;

/// Pages over a record of a test's own, at whatever time it is.
struct Hub {
    front: Arc<Front>,
    _folder: TempDir,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

impl Hub {
    fn begin() -> Self {
        let folder = TempDir::new().unwrap();
        let record = Record::open(&Places::in_folder(folder.path()), at("2026-01-01T00:00:00Z")).unwrap();
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let serving = Serving::load(rules.as_ref(), Some(Arc::new(record))).unwrap();
        let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").unwrap();
        Self { front: Arc::new(Front::new(Arc::new(serving), council, None).unwrap()), _folder: folder }
    }

    fn record(&self) -> &Record {
        self.front.serving.record().unwrap()
    }

    /// A page as somebody sees it at a moment.
    fn seen(&self, who: &str, operation: Operation, now: Timestamp, page: fn(&Asked) -> Answered) -> String {
        let actor = demonstration(who).unwrap();
        let visitor = Visitor { actor: actor.clone(), secret: SessionSecret::sent("a test's"), until: now };
        let asked = Asked {
            now,
            visitor: Some(visitor),
            permit: permit(actor, operation),
            ..Asked::by_nobody(Arc::clone(&self.front))
        };
        match page(&asked) {
            Ok(Answer::Page(_, html)) => html,
            other => panic!("{other:?}"),
        }
    }

    fn page(&self, now: Timestamp) -> String {
        self.seen("triage-worker", Operation::Decide, now, page)
    }

    fn worklist(&self, now: Timestamp) -> String {
        self.seen("triage-worker", Operation::List, now, worklist::page)
    }

    /// A child whom nobody can look after, referred at a moment: the reference, and what was indicated.
    fn refer(&self, now: Timestamp) -> (String, serde_json::Value) {
        let request = json!({
            "received_at": now.to_string(),
            "referrer": { "organisation": "school:example-primary", "agency": "school" },
            "children": [{ "name": "Invented Child", "facts": { "no_carer_available": true } }],
        });
        let (permit, text) =
            (permit(demonstration("call-taker").unwrap(), Operation::Refer).unwrap(), request.to_string());
        let once = Once::new(&permit, &new_id(), "a test", text.as_bytes());
        let rules = self.front.serving.rules();
        let explain = crate::level::Explain::Full;
        let pending = self.record().refer(&permit, &rules, text.as_bytes(), once, explain, now).unwrap();
        let event = self.record().answered(pending.wait_here().unwrap()).unwrap();
        let What::Referral(body) = event.what else { panic!("a referral") };
        (body.reference.clone(), serde_json::from_str(body.evaluated.children[0].evaluation.get()).unwrap())
    }

    /// A call taker, who may decide nothing at this level, hands the child to the team.
    fn hand_over(&self, reference: &str, now: Timestamp) -> String {
        let wanted = json!({
            "child": "1", "shown": 1, "level": 4, "view": "agrees", "outcome": "emergency_duty_team",
            "next_holder": { "organisation": "council:example", "name": "Duty worker", "telephoned_at": now.to_string() },
        });
        let permit = permit(demonstration("call-taker").unwrap(), Operation::Decide).unwrap();
        let once = Once::new(&permit, &new_id(), "a test", b"");
        let wanted = serde_json::from_value(wanted).unwrap();
        let pending = self.record().decide(&permit, reference, wanted, once, now).unwrap();
        let event = self.record().answered(pending.wait_here().unwrap()).unwrap();
        event.leaf.id
    }

    /// What became known, by which the answer rises.
    fn rise(&self, reference: &str, now: Timestamp) {
        let told = json!({ "said_by": { "role": "police" }, "children": [{ "ref": "1", "facts": { "immediate_danger_now": true } }] });
        let permit = permit(demonstration("call-taker").unwrap(), Operation::Inform).unwrap();
        let once = Once::new(&permit, &new_id(), "a test", b"");
        let (rules, text) = (self.front.serving.rules(), told.to_string());
        let pending = self.record().inform(&permit, reference, &rules, text.as_bytes(), once, now).unwrap();
        pending.wait_here().unwrap();
    }

    fn accept(&self, reference: &str, decision: &str, now: Timestamp) {
        let permit = permit(demonstration("social-worker").unwrap(), Operation::Accept).unwrap();
        let once = Once::new(&permit, &new_id(), "a test", b"");
        self.record().follow_up(&permit, reference, decision, once, now).unwrap().wait_here().unwrap();
    }
}

#[test]
fn a_friday_afternoon_and_nobody_to_look_after_the_child() {
    let hub = Hub::begin();
    // 16:45 on a Friday: the hub is open for a quarter of an hour more, and the time to respond runs on past it.
    let friday = at("2026-11-27T16:45:00Z");
    let (reference, evaluation) = hub.refer(friday);
    assert_eq!(evaluation["at_least"]["rank"], 4);
    assert_eq!(evaluation["respond_by"], "2026-11-27T20:45:00+00:00", "hours, not the next working day");
    assert!(hub.page(friday).contains("The hub is open until 17:00 today."));
    let worklist = hub.worklist(friday);
    assert!(worklist.contains(&reference) && worklist.contains("4 hours 0 minutes left"), "{worklist}");
    // The same a quarter of an hour later, and until what is due can wait for Monday's opening, names the team first.
    for time in ["2026-11-27T17:00:00Z", "2026-11-28T03:00:00Z", "2026-11-29T23:59:00Z", "2026-11-30T04:59:00Z"] {
        let (_, evaluation) = hub.refer(at(time));
        assert_eq!(
            (&evaluation["actions"][0]["id"], &evaluation["priority"]),
            (&json!("emergency_duty_team"), &json!("red"))
        );
        let page = hub.page(at(time));
        assert!(
            page.contains("The hub is closed now. It opens next at 9:00 on Monday 30 November 2026."),
            "{time} {page}"
        );
    }
    // Handed over by telephone at ten past five: red, and nothing else, until the team accepts.
    let handed = at("2026-11-27T17:10:00Z");
    let decision = hub.hand_over(&reference, handed);
    let waiting = at("2026-11-27T18:25:00Z");
    let page = hub.page(waiting);
    assert!(page.contains("Red until the team accepts") && page.contains("Waits for 1 hour 15 minutes"), "{page}");
    assert!(page.contains("01632 960002") && page.contains("Duty worker was told by telephone at 17:10"), "{page}");
    assert!(hub.worklist(waiting).contains("Red until the Emergency Duty Team accepts"));
    hub.accept(&reference, &decision, at("2026-11-27T18:30:00Z"));
    // Over the weekend the team has it; the worklist does not ask the hub for it.
    for time in ["2026-11-27T18:31:00Z", "2026-11-28T12:00:00Z", "2026-11-30T08:59:59Z"] {
        let (page, worklist) = (hub.page(at(time)), hub.worklist(at(time)));
        assert!(page.contains("With the team until the hub opens") && page.contains(&reference), "{time}");
        assert!(!page.contains("Red until") && !worklist.contains(&reference), "{time} {worklist}");
    }
    // On Monday at nine the hub takes it back; until it has decided, it is not at its end and is not erased.
    let monday = at("2026-11-30T09:00:00Z");
    assert!(hub.worklist(monday).contains("Take back from the Emergency Duty Team"));
    assert!(hub.page(monday).contains(&format!("Take back and decide about {reference}, child 1")));
    assert_eq!(hub.record().case(&reference).unwrap().standing(), Standing::WithDutyTeam);
    let governs = permit(demonstration("information-governance").unwrap(), Operation::Retain).unwrap();
    assert!(hub.record().retention_of(&governs, &reference).unwrap().pending);
}

#[test]
fn what_rises_by_night_is_decided_again_by_night() {
    let hub = Hub::begin();
    let night = at("2026-11-27T22:00:00Z");
    for is_accepted in [false, true] {
        let (reference, _) = hub.refer(night);
        let decision = hub.hand_over(&reference, night);
        if is_accepted {
            hub.accept(&reference, &decision, night);
        }
        hub.rise(&reference, night);
        let (page, worklist) = (hub.page(night), hub.worklist(night));
        assert!(page.contains(&format!("Decide again about {reference}, child 1")), "{page}");
        assert!(page.contains("Nothing waits for the team.") && !page.contains("With the team until"), "{page}");
        assert!(worklist.contains(&reference) && worklist.contains("Reopened: something came"), "{worklist}");
    }
}

#[test]
fn bank_holidays_and_the_nights_when_clocks_change() {
    let hub = Hub::begin();
    let names =
        ["Good Friday", "Easter Monday", "Christmas Day", "Boxing Day", "Early May bank holiday", "New Year’s Day"];
    for (accepted, opens, says, because) in [
        // Easter 2026: from Thursday evening to Tuesday morning, in summer time since Sunday a week before.
        (
            "2026-04-02T16:30:00Z",
            "2026-04-07T08:00:00Z",
            "9:00 on Tuesday 7 April 2026",
            &["Good Friday", "Easter Monday"][..],
        ),
        ("2026-04-05T12:00:00Z", "2026-04-07T08:00:00Z", "9:00 on Tuesday 7 April 2026", &["Easter Monday"]),
        // Christmas 2026: Boxing Day falls on a Saturday, and Monday stands for it.
        (
            "2026-12-24T17:00:00Z",
            "2026-12-29T09:00:00Z",
            "9:00 on Tuesday 29 December 2026",
            &["Christmas Day", "Boxing Day"],
        ),
        ("2026-12-26T12:00:00Z", "2026-12-29T09:00:00Z", "9:00 on Tuesday 29 December 2026", &["Boxing Day"]),
        // Christmas 2027 is a Saturday: Monday and Tuesday stand for both.
        (
            "2027-12-24T18:00:00Z",
            "2027-12-29T09:00:00Z",
            "9:00 on Wednesday 29 December 2027",
            &["Christmas Day", "Boxing Day"],
        ),
        ("2026-05-01T18:00:00Z", "2026-05-05T08:00:00Z", "9:00 on Tuesday 5 May 2026", &["Early May bank holiday"]),
        ("2026-12-31T18:00:00Z", "2027-01-04T09:00:00Z", "9:00 on Monday 4 January 2027", &["New Year’s Day"]),
        // The clocks go forward on 29 March and back on 25 October 2026: nine o'clock is nine o'clock.
        ("2026-03-28T23:30:00Z", "2026-03-30T08:00:00Z", "9:00 on Monday 30 March 2026", &[]),
        ("2026-03-29T01:30:00Z", "2026-03-30T08:00:00Z", "9:00 on Monday 30 March 2026", &[]),
        ("2026-10-24T23:30:00Z", "2026-10-26T09:00:00Z", "9:00 on Monday 26 October 2026", &[]),
        ("2026-10-25T01:30:00Z", "2026-10-26T09:00:00Z", "9:00 on Monday 26 October 2026", &[]),
        // A week in summer time: eight o'clock by Greenwich.
        ("2026-07-01T20:00:00Z", "2026-07-02T08:00:00Z", "9:00 on Thursday 2 July 2026", &[]),
    ] {
        let (accepted, opens) = (at(accepted), at(opens));
        let page = hub.page(accepted);
        assert!(page.contains(&format!("It opens next at {says}.")), "{accepted} {page}");
        let named: Vec<&str> =
            names.into_iter().filter(|name| page.contains(&format!("a bank holiday: {name}."))).collect();
        assert_eq!(named, because, "{accepted}");
        // What the team accepted then waits for the hub from its opening on, and not a second before.
        let (reference, evaluation) = hub.refer(accepted);
        assert_eq!(evaluation["actions"][0]["id"], "emergency_duty_team");
        let decision = hub.hand_over(&reference, accepted);
        hub.accept(&reference, &decision, accepted);
        let before = opens - SignedDuration::from_secs(1);
        assert!(!hub.worklist(before).contains(&reference) && hub.worklist(opens).contains(&reference), "{accepted}");
        let back = format!("Take back and decide about {reference}");
        assert!(!hub.page(before).contains(&back) && hub.page(opens).contains(&back), "{accepted}");
        assert!(hub.page(opens).contains("The hub is open until 17:00 today."), "{opens}");
    }
    // Past the list nothing is known, and the page says so.
    assert!(hub.page(at("2029-01-01T12:00:00Z")).contains("Bank holidays of that year are not known here"));
}
