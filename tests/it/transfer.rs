//! What holds for every transfer: one child, no level, nothing lost on the way to the same rules, nothing refused by
//! others.

use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use windscreen::criteria::{Kind, RuleSet, load};
use windscreen::decision::{Along, Holder};
use windscreen::facts::Answer;
use windscreen::json::Json;
use windscreen::level::{Evaluation, Explain};
use windscreen::referral::received::Received;
use windscreen::referral::{Indicated, Referral};
use windscreen::rules_dir;
use windscreen::transfer::{Refusal, Sender, Sending, Transfer};

use crate::reference::dice::Dice;

const RECEIVED: &str = "2026-11-23T10:30:00Z";

fn rules(folder: &str) -> RuleSet {
    let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    load(&files).rule_set.unwrap()
}

thread_local! {
    static FIVE: RuleSet = rules("rules");
    static FOUR: RuleSet = rules("fixtures/rule_sets/good/four_levels");
}

/// Some answers about a child, of every kind that there is.
fn facts(rules: &RuleSet, dice: &mut Dice) -> Value {
    let mut facts = json!({});
    for _ in 0..dice.below(14) {
        let indicator = &rules.indicators()[dice.below(rules.indicators().len())];
        if indicator.retired.is_some() || indicator.about == windscreen::criteria::entries::About::Household {
            continue;
        }
        let class = |dice: &mut Dice| match &indicator.kind {
            Kind::Number { from, to, .. } => {
                Answer::Number(from + i64::try_from(dice.below(usize::try_from(to - from + 1).unwrap())).unwrap())
            }
            _ => indicator.classes[dice.below(indicator.classes.len())].answer.clone(),
        };
        facts[&indicator.id] = match dice.below(9) {
            0 => json!("not_known"),
            1 => json!("refused"),
            2 => {
                let (one, other) = (class(dice), class(dice));
                if one == other { json!(one) } else { json!({ "answer": one, "also_said": other }) }
            }
            _ => json!(class(dice)),
        };
    }
    facts
}

/// A referral of two children, of which the second must stay where it is.
fn family(rules: &RuleSet, dice: &mut Dice) -> Value {
    let topic = &rules.topics()[dice.below(rules.topics().len())].id;
    json!({
        "received_at": RECEIVED,
        "referrer": { "organisation": "school:example-primary", "name": "A. Teacher" },
        "account": "CANARY-ACCOUNT",
        "referrers_level": 2,
        "household": { "address": "CANARY-ADDRESS", "people": "CANARY-PEOPLE" },
        "children": [
            { "ref": "first", "name": "Invented Child", "own_words": "CANARY-WORDS", "concerns": [topic],
              "facts": facts(rules, dice) },
            { "ref": "CANARY-REF", "name": "CANARY-SIBLING", "date_of_birth": "2019-02-03", "nhs_number": "9434765919",
              "own_words": "CANARY-THEIRS", "facts": facts(rules, dice) },
        ],
    })
}

fn received(request: &Value) -> Received {
    Received::read(&Json::read(request.to_string().as_bytes()).unwrap()).unwrap()
}

fn first(referral: &Referral, rules: &RuleSet) -> Evaluation {
    match referral.evaluate(rules, Explain::Full).unwrap() {
        Indicated::Child(one) => *one,
        Indicated::Children { children } => children.into_iter().next().unwrap().evaluation,
    }
}

fn sent(rules: &RuleSet, request: &Value, along: Vec<Along>, level: u8) -> Transfer {
    let received = received(request);
    let evaluation = first(&received.referral, rules);
    let sending = Sending {
        from: Sender { installation: "here".into(), organisation: "council:here".into(), name: "Here".into() },
        at: RECEIVED.parse().unwrap(),
        holder: &Holder { along, ..Holder::of("council:there") },
        level: rules.ladder().level(level),
        reference: "4F7K-2M9Q-X",
        received: &received,
        referral: &received.referral,
        child: 0,
        evaluation: &serde_json::value::to_raw_value(&evaluation).unwrap(),
        before: None,
    };
    Transfer::of(rules, sending).unwrap()
}

/// Every key of a value, however deep.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            found.push(key.clone());
            keys(value, found);
        }),
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_level_and_no_other_child_is_in_a_transfer(seed: u64, everything: bool) {
        FIVE.with(|rules| {
            let request = family(rules, &mut Dice::new(seed));
            let along = if everything { Along::ALL.to_vec() } else { vec![Along::Name] };
            let transfers: Vec<Transfer> = (1..=5).map(|level| sent(rules, &request, along.clone(), level)).collect();
            for transfer in &transfers {
                let text = transfer.text();
                for canary in ["CANARY-SIBLING", "CANARY-THEIRS", "CANARY-REF", "CANARY-PEOPLE", "9434765919", "2019-02-03"] {
                    prop_assert!(!text.contains(canary), "{canary}: {text}");
                }
                for canary in ["CANARY-ACCOUNT", "CANARY-WORDS", "CANARY-ADDRESS"] {
                    prop_assert_eq!(text.contains(canary), everything, "{}", text);
                }
                let mut found = Vec::new();
                keys(&serde_json::from_str(&text).unwrap(), &mut found);
                prop_assert!(!found.iter().any(|key| key.contains("level") || key.contains("rank")), "{found:?}");
                let words = text.to_lowercase();
                let says_one = words.match_indices("level ").any(|(at, _)| words[at + 6..].starts_with(|c: char| c.is_ascii_digit()));
                prop_assert!(!says_one, "{text}");
            }
            // What was decided shows by its duty alone: two levels under one duty cannot be told apart.
            let (second, third) = (&transfers[1], &transfers[2]);
            prop_assert_eq!(second, third);
            prop_assert_ne!(third, &transfers[3]);
            Ok(())
        })?;
    }

    #[test]
    fn the_same_rules_find_the_same_again(seed: u64) {
        for rules in [&FIVE, &FOUR] {
            rules.with(|rules| {
                let request = family(rules, &mut Dice::new(seed));
                let before = first(&received(&request).referral, rules);
                let transfer = sent(rules, &request, Vec::new(), 1);
                let (text, signature) = Transfer::opened(&Transfer::signed(&transfer.text(), "— a name AAAA")).unwrap();
                prop_assert_eq!((&text, signature.as_str()), (&transfer.text(), "— a name AAAA"));
                let transfer = Transfer::read(&text).unwrap();
                prop_assert_eq!(transfer.not_asked_here(rules).count(), 0);
                let again = received(&transfer.request(rules, RECEIVED.parse::<Timestamp>().unwrap()));
                let after = first(&again.referral, rules);
                prop_assert_eq!((before.at_least, before.at_most), (after.at_least, after.at_most));
                prop_assert_eq!(before.reasons, after.reasons);
                Ok(())
            })?;
        }
    }

    #[test]
    fn other_rules_refuse_nothing_and_lose_nothing(seed: u64) {
        FIVE.with(|five| FOUR.with(|four| {
            let request = family(five, &mut Dice::new(seed));
            let transfer = sent(five, &request, Vec::new(), 4);
            let there = transfer.request(four, RECEIVED.parse::<Timestamp>().unwrap());
            let taken = received(&there);
            prop_assert!(taken.faults(four).is_empty() && taken.referral.evaluate(four, Explain::Full).is_ok());
            prop_assert_eq!(taken.referrers_level, Some(3), "section 17 is level 3 there");
            let account = taken.account.unwrap();
            for fact in &transfer.facts {
                let is_fact = there["children"][0]["facts"].get(&fact.id).is_some();
                let in_words = format!("Asked there, not asked here: {}", fact.in_words());
                prop_assert!(is_fact != account.contains(&in_words), "{}: {account}", fact.id);
            }
            Ok(())
        }))?;
    }

    #[test]
    fn a_part_of_a_transfer_is_none(seed: u64, cut in 0.0..1.0_f64) {
        FIVE.with(|rules| {
            let file = Transfer::signed(&sent(rules, &family(rules, &mut Dice::new(seed)), Vec::new(), 4).text(), "— n AAAA");
            // Without its last character, which ends a line, it is still whole.
            let end = (file.len() as f64 * cut) as usize;
            let end = (0..=end.min(file.len() - 2)).rev().find(|end| file.is_char_boundary(*end)).unwrap();
            prop_assert_eq!(Transfer::opened(&file[..end]), Err(Refusal::Form));
            Ok(())
        })?;
    }
}

#[test]
fn a_question_of_the_same_name_that_asks_something_else_is_no_fact() {
    FIVE.with(|rules| {
        let mut request = family(rules, &mut Dice::new(1));
        request["children"][0]["facts"] = json!({ "basic_care": "not_good_enough", "keeping_safe": "safe" });
        let mut transfer = sent(rules, &request, Vec::new(), 4);
        let now: Timestamp = RECEIVED.parse().unwrap();
        let safe = transfer.facts.iter_mut().find(|fact| fact.id == "keeping_safe").unwrap();
        safe.ask = "Is the home safe from fire?".into();
        let there = transfer.request(rules, now);
        assert_eq!(there["children"][0]["facts"], json!({ "basic_care": "not_good_enough" }));
        assert!(
            there["account"]
                .as_str()
                .unwrap()
                .contains("Asked there, not asked here: Is the home safe from fire? Safe")
        );
        // Nor is an answer that the question does not take here.
        let care = transfer.facts.iter_mut().find(|fact| fact.id == "basic_care").unwrap();
        care.answer = Answer::Word("dreadful".into());
        assert_eq!(transfer.request(rules, now)["children"][0]["facts"], json!({}));
    });
}

#[test]
fn an_account_holds_what_fits_and_says_that_there_is_more() {
    FIVE.with(|five| {
        FOUR.with(|four| {
            let mut request = family(five, &mut Dice::new(3));
            request["account"] = "x".repeat(19_990).into();
            let transfer = sent(five, &request, vec![Along::Account], 5);
            let there = transfer.request(four, RECEIVED.parse().unwrap());
            let account = there["account"].as_str().unwrap();
            assert!(account.len() <= 20_000 && account.ends_with("which is kept with this referral."), "{account}");
            assert!(account.starts_with("Transferred by Here (council:here) under section 47."));
            assert!(received(&there).referral.evaluate(four, Explain::Full).is_ok());
        });
    });
}

#[test]
fn a_transfer_is_for_one_authority_and_some_weeks() {
    FIVE.with(|rules| {
        let transfer = sent(rules, &family(rules, &mut Dice::new(5)), Vec::new(), 4);
        for (here, now, refused) in [
            ("council:there", "2026-11-23T10:30:00Z", None),
            ("council:there", "2026-12-21T10:30:00Z", None),
            ("council:there", "2026-12-21T10:30:01Z", Some(Refusal::Age)),
            // Clocks differ by some minutes, not by an hour.
            ("council:there", "2026-11-23T10:15:00Z", None),
            ("council:there", "2026-11-23T10:14:59Z", Some(Refusal::Age)),
            ("council:here", "2026-11-23T10:30:00Z", Some(Refusal::Address)),
        ] {
            assert_eq!(transfer.refused(here, now.parse().unwrap()), refused, "{here} {now}");
        }
        for (format, refused) in [("windscreen-transfer-2", Refusal::Version), ("another-form", Refusal::Form)] {
            let file = Transfer::signed(&transfer.text(), "— n AAAA").replace("windscreen-transfer-1", format);
            assert_eq!(Transfer::opened(&file), Err(refused));
        }
        // Lines may end as a browser sends them, and what was pasted may lack its last.
        let file = Transfer::signed(&transfer.text(), "— n AAAA");
        let pasted = file.replace('\n', "\r\n");
        assert_eq!(Transfer::opened(pasted.trim()), Transfer::opened(&file));
    });
}
