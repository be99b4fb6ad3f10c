//! What stands in the way of a decision: each row a decision beside what was indicated, and what is told.

use serde_json::{Value, json};
use windscreen::decision::{Actor, BREAK_GLASS, Role, Shown, check};
use windscreen::serving::Serving;

/// The codes told about a decision, each with its pointer.
fn told(at_least: u8, at_most: u8, role: Role, change: &Value) -> Vec<String> {
    told_to("me", at_least, at_most, role, change)
}

fn told_to(id: &str, at_least: u8, at_most: u8, role: Role, change: &Value) -> Vec<String> {
    let rules = Serving::load("rules".as_ref(), None).unwrap().rules();
    let shown = json!({ "at_least": { "rank": at_least }, "at_most": { "rank": at_most }, "priority": "amber",
                        "ask_next": if at_least == at_most { json!([]) } else { json!([{ "fact": "keeping_safe" }]) } });
    let shown: Shown = serde_json::from_value(shown).unwrap();
    let mut wanted = json!({ "child": "A", "shown": 1, "level": at_least, "view": "agrees", "outcome": "early_help",
                             "next_holder": { "organisation": "council:example" } });
    for (key, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(wanted.as_object_mut().unwrap().remove(key)),
            value => wanted[key] = value.clone(),
        }
    }
    let by = Actor { id: id.into(), name: "Me".into(), role, organisation: "council:example".into() };
    let faults = check(&rules, &shown, &by, &serde_json::from_value(wanted).unwrap());
    faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
}

#[test]
fn a_decision_is_told_what_it_lacks() {
    use Role::{CallTaker, SocialWorkManager, SocialWorker, TriageWorker};
    let reason = |code: &str| json!({ "code": code, "says": "in my own words" });
    let manager = json!({ "id": "other", "role": "social_work_manager" });
    let lower = json!({ "level": 2, "view": "decides_lower", "reason": reason("CHECKED"), "second_person": manager });
    let with = |mut base: Value, key: &str, value: Value| {
        base[key] = value;
        base
    };
    let close = json!({ "outcome": "no_further_action", "next_holder": null, "reason": reason("ASKED"),
                        "not_known": ["keeping_safe"] });
    let duty =
        json!({ "organisation": "council:example", "name": "Duty worker", "telephoned_at": "2026-11-27T17:10:00Z" });
    let elsewhere = |change: Value| {
        let mut holder = json!({ "organisation": "council:elsewhere", "told": "What they need to know" });
        for (key, value) in change.as_object().unwrap() {
            holder[key] = value.clone();
        }
        holder
    };
    let none: [&str; 0] = [];
    for (bounds, role, change, expected) in [
        ((3, 3), TriageWorker, json!({}), &none[..]),
        ((3, 3), CallTaker, json!({}), &["/level may-not-decide"]),
        ((4, 4), TriageWorker, json!({}), &["/level may-not-decide"]),
        ((4, 4), SocialWorker, json!({}), &none),
        ((5, 5), SocialWorker, json!({}), &["/level may-not-decide"]),
        ((5, 5), SocialWorkManager, json!({}), &none),
        ((3, 3), TriageWorker, json!({ "level": 6 }), &["/level out-of-range"]),
        ((3, 3), TriageWorker, json!({ "level": 0 }), &["/level out-of-range"]),
        // What is said of the level must be what the level is.
        ((3, 3), TriageWorker, json!({ "view": "decides_lower" }), &["/view not-that-view"]),
        // Higher: a listed reason, in words.
        ((2, 2), TriageWorker, json!({ "level": 3, "view": "decides_higher" }), &["/reason missing-key"]),
        (
            (2, 2),
            TriageWorker,
            json!({ "level": 3, "view": "decides_higher", "reason": reason("CHECKED") }),
            &["/reason/code unknown-code"],
        ),
        (
            (2, 2),
            TriageWorker,
            json!({ "level": 3, "view": "decides_higher", "reason": { "code": "VOICE", "says": "  " } }),
            &["/reason/says missing-words"],
        ),
        ((2, 2), TriageWorker, json!({ "level": 3, "view": "decides_higher", "reason": reason("VOICE") }), &none),
        // Within bounds that are not settled, above the lower one is higher.
        (
            (2, 5),
            TriageWorker,
            json!({ "level": 3, "view": "agrees" }),
            &["/view not-that-view", "/reason missing-key"],
        ),
        // Lower: somebody else, one of the two a manager, both able to decide.
        ((4, 4), TriageWorker, lower.clone(), &none),
        ((4, 4), TriageWorker, with(lower.clone(), "reason", reason("VOICE")), &["/reason/code unknown-code"]),
        (
            (4, 4),
            TriageWorker,
            with(lower.clone(), "second_person", json!({ "id": "me", "role": "social_work_manager" })),
            &["/second_person/id same-person"],
        ),
        (
            (4, 4),
            TriageWorker,
            with(lower.clone(), "second_person", json!({ "id": "other", "role": "social_worker" })),
            &["/second_person/role needs-a-manager"],
        ),
        (
            (4, 4),
            SocialWorkManager,
            with(lower.clone(), "second_person", json!({ "id": "other", "role": "social_worker" })),
            &none,
        ),
        (
            (4, 4),
            SocialWorkManager,
            with(lower.clone(), "second_person", json!({ "id": "other", "role": "call_taker" })),
            &["/second_person/role may-not-decide"],
        ),
        // Closing while 4 or 5 is possible: a manager, a listed reason, what is not known.
        ((2, 3), TriageWorker, json!({ "outcome": "advice", "next_holder": null }), &none),
        ((2, 4), SocialWorkManager, close.clone(), &none),
        ((2, 4), TriageWorker, close.clone(), &["/outcome needs-a-manager"]),
        ((2, 4), SocialWorkManager, with(close.clone(), "not_known", json!([])), &["/not_known missing-key"]),
        (
            (2, 5),
            SocialWorkManager,
            with(close.clone(), "not_known", json!(["keeping_saf"])),
            &["/not_known/0 unknown-fact"],
        ),
        ((2, 5), SocialWorkManager, with(close.clone(), "reason", json!(null)), &["/reason missing-key"]),
        ((2, 5), SocialWorkManager, with(close.clone(), "reason", reason("VOICE")), &["/reason/code unknown-code"]),
        ((4, 4), TriageWorker, with(with(lower, "outcome", json!("advice")), "next_holder", Value::Null), &none),
        // Whoever hands a child to somebody who decides settles no level; but it is the level that was indicated.
        ((5, 5), CallTaker, json!({ "outcome": "allocated_worker" }), &none),
        ((4, 5), TriageWorker, json!({ "outcome": "another_authority", "next_holder": elsewhere(json!({})) }), &none),
        ((4, 4), CallTaker, json!({ "outcome": "emergency_duty_team", "next_holder": duty }), &none),
        ((4, 4), CallTaker, json!({ "outcome": "s17_assessment" }), &["/level may-not-decide"]),
        ((4, 4), TriageWorker, json!({ "outcome": "strategy_discussion" }), &["/level may-not-decide"]),
        (
            (3, 3),
            CallTaker,
            json!({ "level": 4, "view": "decides_higher", "outcome": "allocated_worker", "reason": reason("VOICE") }),
            &["/level may-not-decide"],
        ),
        // A message alone is not enough for the Emergency Duty Team.
        (
            (4, 4),
            CallTaker,
            json!({ "outcome": "emergency_duty_team" }),
            &["/next_holder/name missing-key", "/next_holder/telephoned_at missing-key"],
        ),
        (
            (4, 4),
            CallTaker,
            json!({ "outcome": "emergency_duty_team", "next_holder": with(duty.clone(), "name", json!(" ")) }),
            &["/next_holder/name missing-key"],
        ),
        // Another organisation sees nothing but what it is told.
        (
            (3, 3),
            TriageWorker,
            json!({ "next_holder": elsewhere(json!({ "told": null })) }),
            &["/next_holder/told missing-key"],
        ),
        (
            (3, 3),
            TriageWorker,
            json!({ "next_holder": elsewhere(json!({ "told": "x".repeat(4001) })) }),
            &["/next_holder/told too-long"],
        ),
        ((3, 3), TriageWorker, json!({ "next_holder": elsewhere(json!({ "along": ["name", "reasons"] })) }), &none),
        (
            (3, 3),
            TriageWorker,
            json!({ "next_holder": elsewhere(json!({ "along": ["name", "account"] })) }),
            &["/next_holder/along/1 misplaced-word"],
        ),
        (
            (3, 3),
            TriageWorker,
            json!({ "outcome": "another_authority", "next_holder": elsewhere(json!({ "along": ["account"] })) }),
            &none,
        ),
        (
            (3, 3),
            TriageWorker,
            json!({ "next_holder": { "organisation": " " } }),
            &["/next_holder/organisation missing-words"],
        ),
        // Somebody has it next, unless nobody does.
        ((3, 3), TriageWorker, json!({ "next_holder": null }), &["/next_holder missing-key"]),
        ((1, 1), TriageWorker, json!({ "outcome": "advice" }), &["/next_holder misplaced-key"]),
    ] {
        assert_eq!(told(bounds.0, bounds.1, role, &change), expected, "{bounds:?} {role:?} {change}");
    }
}

/// Nobody lowers or closes whose name only they themselves say.
#[test]
fn a_break_glass_account_lowers_and_closes_nothing() {
    let id = format!("{BREAK_GLASS}duty");
    let manager = json!({ "id": "other", "role": "social_work_manager" });
    let reason = |code: &str| json!({ "code": code, "says": "in my own words" });
    let higher = json!({ "level": 4, "view": "decides_higher", "reason": reason("VOICE") });
    let lower = json!({ "level": 2, "view": "decides_lower", "reason": reason("CHECKED"), "second_person": manager });
    let close = json!({ "outcome": "no_further_action", "next_holder": null });
    let (lowers, closes) = (&["/view may-not-decide"][..], &["/outcome may-not-decide"][..]);
    for (change, expected) in [(json!({}), &[][..]), (higher, &[]), (lower, lowers), (close, closes)] {
        assert_eq!(told_to(&id, 3, 3, Role::SocialWorkManager, &change), expected, "{change}");
        assert!(told(3, 3, Role::SocialWorkManager, &change).is_empty(), "{change}");
    }
}
