//! Who is drawn for the quality audit: each for a reason that holds, no more than asked for, and whoever draws again
//! with the same seed draws the same.

use jiff::civil::date;
use proptest::prelude::*;
use windscreen::decision::{Outcome, View};
use windscreen::figures::{Channel, Counted, CountedDecision, Feedback, Month};
use windscreen::quality::{Audited, Reviewed, Sampled, Why, draw};

fn month() -> Month {
    Month::parse("2026-03").unwrap()
}

/// A child who was decided about on a day of that month, or not, and may have come again.
fn child(view: View, outcome: Outcome, indicated: (u8, u8), on: i8, again: Option<(i8, i8)>) -> Counted {
    Counted {
        received: date(2026, 3, 1),
        is_first: true,
        agency: None,
        channel: Channel::Form,
        age_in_months: Some(40),
        sex: None,
        ethnicity: None,
        disability: None,
        referrers_level: None,
        indicated,
        not_known: Vec::new(),
        agrees_to_help: None,
        decided: Some(CountedDecision {
            on: date(2026, on, 10),
            in_time: true,
            indicated,
            found: Vec::new(),
            level: indicated.0,
            view,
            reason: None,
            outcome,
            told: Feedback::NotYet,
        }),
        came_again: again.map(|(month, day)| date(2026, month, day)),
        disagreements: Vec::new(),
    }
}

#[test]
fn a_child_is_drawn_for_what_happened_in_the_month() {
    use Outcome::{Advice, EarlyHelp};
    use View::{Agrees, DecidesHigher, DecidesLower};
    for (counted, why) in [
        (child(Agrees, EarlyHelp, (2, 2), 3, None), vec![Why::Agreed]),
        (child(Agrees, EarlyHelp, (2, 4), 3, None), vec![Why::Provisional, Why::Agreed]),
        (child(DecidesLower, EarlyHelp, (3, 3), 3, None), vec![Why::Lower]),
        (child(DecidesHigher, EarlyHelp, (3, 3), 3, None), vec![Why::Higher]),
        (child(Agrees, EarlyHelp, (2, 2), 2, None), vec![]),
        // Closed before, and back in this month: of interest now. Not what was not closed, nor after more than three months.
        (child(Agrees, Advice, (2, 2), 1, Some((3, 31))), vec![Why::CameAgain]),
        (child(Agrees, Advice, (2, 2), 3, Some((3, 31))), vec![Why::CameAgain, Why::Agreed]),
        (child(Agrees, EarlyHelp, (2, 2), 1, Some((3, 31))), vec![]),
        (child(Agrees, Advice, (2, 2), 3, Some((4, 2))), vec![Why::Agreed]),
    ] {
        assert_eq!(Why::of(&counted, month()), why, "{counted:?}");
    }
    let long_ago = Counted { came_again: Some(date(2026, 3, 11)), ..child(Agrees, Advice, (2, 2), 1, None) };
    let earlier = CountedDecision { on: date(2025, 12, 11), ..long_ago.decided.clone().unwrap() };
    assert_eq!(Why::of(&Counted { decided: Some(earlier.clone()), ..long_ago.clone() }, month()), [Why::CameAgain]);
    let too_long = CountedDecision { on: date(2025, 12, 10), ..earlier };
    assert_eq!(Why::of(&Counted { decided: Some(too_long), ..long_ago.clone() }, month()), []);
    assert_eq!(Why::of(&Counted { decided: None, ..long_ago }, month()), []);
}

fn some_child() -> impl Strategy<Value = Counted> {
    let view = prop_oneof![Just(View::Agrees), Just(View::DecidesHigher), Just(View::DecidesLower)];
    let outcome = prop_oneof![Just(Outcome::Advice), Just(Outcome::EarlyHelp)];
    let again = proptest::option::of((2_i8..5, 1_i8..29));
    (view, outcome, 1_u8..4, 0_u8..2, 2_i8..5, again)
        .prop_map(|(view, outcome, least, more, on, again)| child(view, outcome, (least, least + more), on, again))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64 * crate::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drawn_again_it_is_the_same_in_whatever_order_children_are_read(
        children in proptest::collection::vec(some_child(), 0..60), each in 1_usize..8, turn in 0_usize..60
    ) {
        let children: Vec<(String, usize, Counted)> =
            children.into_iter().enumerate().map(|(at, child)| (format!("R{}", at / 2), at % 2, child)).collect();
        let drawn = draw("seed", &children, month(), each);
        let mut turned = children.clone();
        turned.rotate_left(turn % children.len().max(1));
        prop_assert_eq!(&drawn, &draw("seed", &turned, month(), each));
        for (place, one) in drawn.iter().enumerate() {
            let is_it = |other: &Sampled| (&other.referral, other.child) == (&one.referral, one.child);
            prop_assert!(!drawn[..place].iter().any(is_it), "nobody is drawn twice");
            let (_, _, counted) = children.iter().find(|(id, at, _)| (id, *at) == (&one.referral, one.child)).unwrap();
            prop_assert!(Why::of(counted, month()).contains(&one.why));
        }
        // As many as there are, and no more than asked for.
        for (why, _) in Why::ALL {
            let of_it = drawn.iter().filter(|one| one.why == why).count();
            let left = children.iter().filter(|(id, at, counted)| {
                let is_drawn = drawn.iter().any(|one| (&one.referral, one.child) == (id, *at));
                Why::of(counted, month()).contains(&why) && !is_drawn
            });
            prop_assert!(of_it <= each && (of_it == each || left.count() == 0), "{why:?}");
        }
    }
}

#[test]
fn what_readers_saw_is_counted_beside_what_was_decided() {
    let reviewed = |levels: &[Option<u8>], decided, findings: &[&str]| Reviewed {
        levels: levels.to_vec(),
        otherwise: vec!["basic_care".into()],
        decided,
        findings: findings.iter().map(|&code| code.to_owned()).collect(),
    };
    let children = [
        reviewed(&[Some(3), Some(3)], 2, &["level_too_low", "not_asked"]),
        reviewed(&[Some(2), Some(3)], 2, &["as_it_should_be"]),
        reviewed(&[Some(1), Some(1)], 2, &[]),
        reviewed(&[Some(4), None], 2, &[]),
        reviewed(&[Some(5)], 2, &[]),
    ];
    let audited = Audited::of(&children, 5);
    assert_eq!((audited.read_by_two, audited.both_higher, audited.both_lower, audited.concluded), (4, 1, 1, 2));
    // Of three whose two readers both named a level, two pairs are the same.
    assert!((audited.same.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    assert_eq!((audited.otherwise["basic_care"], audited.findings["not_asked"]), (5, 1));
    assert_eq!(Audited::of(&[], 5).same, None, "of nobody there is no share");
}
