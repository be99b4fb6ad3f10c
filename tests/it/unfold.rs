//! What several pieces together say: nothing that was said is lost, and nothing but a correction makes a level lower.

use serde_json::{Value, json};
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::referral::unfold::Information;
use windscreen::referral::{Indicated, Referral};
use windscreen::serving::Serving;

fn read<T>(value: &Value, read: impl Fn(&Json) -> Result<T, Vec<windscreen::json::Fault>>) -> T {
    read(&Json::read(value.to_string().as_bytes()).unwrap()).unwrap()
}

/// The lower bound of the one child after a referral and its pieces, and the facts about which accounts differ.
fn after(referral: Value, pieces: &[Value]) -> (u8, Vec<String>) {
    let rules = Serving::load("rules".as_ref(), None).unwrap().rules();
    let referral = read(&referral, Referral::read);
    let piece = |piece: &Value| {
        let mut piece = piece.clone();
        piece["said_by"] = json!({ "role": "somebody" });
        read(&piece, Information::read)
    };
    let pieces: Vec<Information> = pieces.iter().map(piece).collect();
    let Indicated::Children { children } = referral.unfolded(&pieces, &rules).evaluate(&rules, Explain::Full).unwrap()
    else {
        panic!("children were sent")
    };
    let evaluation = &children[0].evaluation;
    (evaluation.at_least.rank, evaluation.conflicts.iter().map(|conflict| conflict.fact.to_owned()).collect())
}

const FACT: &str = "dash_high_or_marac";

fn child(answer: bool) -> Value {
    json!({ "children": [{ "ref": "A", "facts": { FACT: answer } }] })
}

fn household(answer: bool) -> Value {
    json!({ "household": { "facts": { FACT: answer } } })
}

fn both(child_says: bool, household_says: bool) -> Value {
    json!({ "children": child(child_says)["children"], "household": household(household_says)["household"] })
}

fn correcting(piece: i64, mut with: Value) -> Value {
    (with["kind"], with["corrects"], with["because"]) = (json!("correction"), json!(piece), json!("a slip"));
    with
}

#[test]
fn whoever_says_it_last_the_answer_of_greater_concern_stands() {
    let nothing = json!({ "children": [{ "ref": "A", "facts": {} }] });
    let conflict = vec![FACT.to_owned()];
    for (referral, pieces) in [
        (child(true), vec![child(false)]),
        (child(false), vec![child(true)]),
        (nothing.clone(), vec![child(true), child(false)]),
        (nothing, vec![child(false), child(true), child(false)]),
        // Of the child and of the household, at different times.
        (child(false), vec![household(true)]),
        (both(false, false), vec![household(true)]),
        (
            json!({ "children": [{ "ref": "A", "facts": {} }], "household": household(true)["household"] }),
            vec![child(false)],
        ),
        // Not known and refused beat nothing.
        (child(true), vec![json!({ "children": [{ "ref": "A", "facts": { FACT: "not_known" } }] }), child(false)]),
        (child(true), vec![json!({ "kind": "retraction", "children": child(false)["children"] })]),
        // A correction of one piece leaves the others, and one of the household leaves the child's own.
        (child(true), vec![child(true), correcting(2, child(false))]),
        (both(true, false), vec![correcting(1, household(false))]),
    ] {
        assert_eq!(after(referral.clone(), &pieces), (4, conflict.clone()), "{referral} then {pieces:?}");
    }
    let unknown = json!({ "children": [{ "ref": "A", "facts": { FACT: "refused" } }] });
    assert_eq!(after(child(true), &[unknown]), (4, Vec::new()));
}

#[test]
fn a_correction_puts_one_answer_in_the_place_of_another() {
    for (referral, pieces) in [
        (child(true), vec![correcting(1, child(false))]),
        (child(false), vec![child(true), correcting(2, child(false))]),
        (both(false, false), vec![household(true), correcting(2, household(false))]),
    ] {
        assert_eq!(after(referral.clone(), &pieces), (1, Vec::new()), "{referral} then {pieces:?}");
    }
}

#[test]
fn the_date_a_baby_is_due_tells_the_weeks_also_of_one_that_is_overdue() {
    let rules = Serving::load("rules".as_ref(), None).unwrap().rules();
    let weeks = rules.fact("gestation_weeks").unwrap();
    for (due, is_told) in [
        ("2027-09-08", false),
        ("2027-09-01", true),
        ("2027-02-10", true),
        ("2026-11-25", true),
        ("2026-11-04", true),
        ("2026-10-07", false),
    ] {
        let referral = json!({ "received_at": "2026-11-25T10:00:00Z", "children": [{ "due_date": due }] });
        let facts = &read(&referral, Referral::read).facts(&rules).unwrap()[0];
        assert_eq!(facts.known(weeks).is_some(), is_told, "{due}");
        assert_eq!(facts.known(rules.fact("is_unborn").unwrap()), Some(1), "{due}");
    }
}

#[test]
fn what_a_brothers_harm_asks_for_stands_among_the_actions_by_its_time() {
    let rules = Serving::load("rules".as_ref(), None).unwrap().rules();
    let children = json!({ "children": [{ "ref": "A", "facts": { "immediate_danger_now": true, "injury_explanation": "admitted_or_witnessed" } },
                                        { "ref": "B", "facts": { "basic_care": "struggling" } }] });
    let Indicated::Children { children } = read(&children, Referral::read).evaluate(&rules, Explain::Full).unwrap()
    else {
        panic!("children were sent")
    };
    let actions = &children[1].evaluation.actions;
    let times: Vec<u32> =
        actions.iter().map(|action| action.within.map_or(u32::MAX, |within| within.nominal_hours())).collect();
    assert!(actions.iter().any(|action| action.id == "sibling_check"), "{actions:?}");
    assert!(times.is_sorted() && times.contains(&u32::MAX), "{actions:?}");
}

#[test]
fn over_a_weekend_three_days_end_before_one_working_day() {
    let rules = Serving::load("rules".as_ref(), None).unwrap().rules();
    // On a Friday afternoon.
    let referral = json!({ "received_at": "2026-11-27T15:00:00Z",
                           "children": [{ "ref": "A", "facts": { "injury_explanation": "admitted_or_witnessed" } },
                                        { "ref": "B", "facts": { "child_missing_now": true } }] });
    let Indicated::Children { children } = read(&referral, Referral::read).evaluate(&rules, Explain::Full).unwrap()
    else {
        panic!("children were sent")
    };
    let actions = &children[1].evaluation.actions;
    let place = |id: &str| actions.iter().position(|action| action.id == id).unwrap_or_else(|| panic!("{actions:?}"));
    assert!(place("return_interview") < place("sibling_check"), "{actions:?}");
}
