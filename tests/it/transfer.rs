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
use windscreen::referral::unfold::Information;
use windscreen::referral::{Indicated, Referral};
use windscreen::rules_dir;
use windscreen::transfer::{MAX_TRANSFER, OpenQuestion, Refusal, Sender, Sending, Transfer};

use crate::reference::dice::Dice;

const RECEIVED: &str = "2026-11-23T10:30:00Z";

fn rules(folder: &str) -> RuleSet {
    let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    load(&files).rule_set.unwrap()
}

/// What the five levels ask first.
const DANGER: &str = "Is a child in danger right now?";

/// The five levels, with that question in other words.
fn reworded(danger: &str) -> RuleSet {
    let mut files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let file = files.iter_mut().find(|file| file.path.ends_with("criteria/safety_now.yaml")).unwrap();
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert!(text.contains(DANGER));
    file.bytes = text.replace(DANGER, danger).into_bytes();
    load(&files).rule_set.unwrap()
}

fn at() -> Timestamp {
    RECEIVED.parse().unwrap()
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

fn first<'r>(referral: &Referral, rules: &'r RuleSet) -> Evaluation<'r> {
    match referral.evaluate(rules, Explain::Full).unwrap() {
        Indicated::Child(one) => *one,
        Indicated::Children { children } => children.into_iter().next().unwrap().evaluation,
    }
}

fn sent(rules: &RuleSet, request: &Value, along: Vec<Along>, level: u8) -> Transfer {
    let received = received(request);
    sent_on(rules, &received, &received.referral, along, level, None)
}

/// The same of what came by a transfer, with what became known since.
fn sent_on(
    rules: &RuleSet,
    received: &Received,
    referral: &Referral,
    along: Vec<Along>,
    level: u8,
    before: Option<&Transfer>,
) -> Transfer {
    let evaluation = first(referral, rules);
    let sending = Sending {
        from: Sender { installation: "here".into(), organisation: "council:here".into(), name: "Here".into() },
        at: at(),
        holder: &Holder { along, ..Holder::of("council:there") },
        level: rules.ladder().level(level),
        reference: "4F7K-2M9Q-X",
        received,
        referral,
        child: 0,
        evaluation: &serde_json::value::to_raw_value(&evaluation).unwrap(),
        before,
    };
    Transfer::of(rules, sending).unwrap()
}

/// A transfer as it comes back from an authority that learned nothing more.
fn back_from(there: &RuleSet, out: &Transfer) -> Transfer {
    let taken = received(&out.request(there, at()));
    sent_on(there, &taken, &taken.referral, Vec::new(), 1, Some(out))
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
                let again = received(&transfer.request(rules, at()));
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
            let there = transfer.request(four, at());
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
    fn by_way_of_other_rules_the_same_rules_find_the_same_again(seed: u64) {
        FIVE.with(|five| FOUR.with(|four| {
            let request = family(five, &mut Dice::new(seed));
            let before = first(&received(&request).referral, five);
            let back = back_from(four, &sent(five, &request, Vec::new(), 1));
            let after = first(&received(&back.request(five, at())).referral, five);
            prop_assert_eq!((before.at_least, before.at_most), (after.at_least, after.at_most));
            prop_assert_eq!(before.reasons, after.reasons);
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
        let now = at();
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
fn what_was_raised_or_not_known_is_so_again_when_it_comes_back() {
    FIVE.with(|five| {
        FOUR.with(|four| {
            let calm = five.indicators().iter().enumerate().filter(|(fact, _)| five.is_always_asked(*fact));
            let calm = calm.map(|(_, indicator)| (indicator.id.clone(), json!(indicator.classes[0].answer)));
            let calm: Value = calm.collect::<serde_json::Map<_, _>>().into();
            let mut widened = 0;
            let alone = |concerns: Value| {
                let child = json!({ "concerns": concerns, "facts": calm });
                json!({ "received_at": RECEIVED, "referrer": { "organisation": "council:here" }, "children": [child] })
            };
            let bounds = |request: &Value| {
                let evaluation = first(&received(request).referral, five);
                (evaluation.at_least, evaluation.at_most)
            };
            for topic in five.topics() {
                let request = alone(json!([topic.id]));
                widened += usize::from(bounds(&request) != bounds(&alone(json!([]))));
                let out = sent(five, &request, Vec::new(), 1);
                let back = back_from(four, &out);
                assert!(back.raised.contains(&out.raised[0]), "{}", topic.id);
                assert_eq!(bounds(&request), bounds(&back.request(five, at())), "{}", topic.id);
                for open in &out.not_known {
                    let stands = back.not_known.iter().any(|known| known.ask == open.ask);
                    assert!(stands, "{}: {}", topic.id, open.ask);
                }
            }
            assert!(widened > 0, "what is raised and not known widens an answer");
        });
    });
}

#[test]
fn an_answer_that_changed_there_does_not_come_back_as_it_was() {
    let yes = json!({ "answer": true, "also_said": false });
    FIVE.with(|five| {
        let (louder, anew) = ("Is a child in DANGER right now?", "Is the child in danger at this moment?");
        let (asks_louder, asks_anew) = (reworded(louder), reworded(anew));
        for (takes, sends, sent_as, comes_back) in [
            (five, five, DANGER, Some(&yes)),
            // The same question to whoever reads it.
            (&asks_louder, &asks_louder, louder, Some(&yes)),
            // Reworded between: another question, which is asked again, and not the answer of before.
            (five, &asks_anew, anew, None),
        ] {
            let mut request = family(five, &mut Dice::new(7));
            request["children"][0]["facts"] = json!({ "immediate_danger_now": false });
            let out = sent(five, &request, Vec::new(), 4);
            let taken = received(&out.request(takes, at()));
            let learned = json!({ "said_by": { "role": "police" },
                                  "children": [{ "ref": "1", "facts": { "immediate_danger_now": true } }] });
            let learned = Information::read(&Json::read(learned.to_string().as_bytes()).unwrap()).unwrap();
            let now = taken.referral.unfolded(&[learned], sends);
            let back = sent_on(sends, &taken, &now, Vec::new(), 5, Some(&out));
            let request = back.request(five, at());
            assert_eq!(request["children"][0]["facts"].get("immediate_danger_now"), comes_back, "{sent_as}");
            let account = request["account"].as_str().unwrap();
            assert_eq!(account.contains(&format!("not asked here: {sent_as} Yes")), comes_back.is_none(), "{account}");
        }
    });
}

#[test]
fn what_a_file_says_twice_is_two_accounts() {
    FIVE.with(|rules| {
        let yes = json!({ "answer": true, "also_said": false });
        for (first, second, expected) in [
            (json!(true), json!(false), yes.clone()),
            (json!(false), json!(true), yes),
            (json!("not_known"), json!(true), json!(true)),
            (json!(true), json!("not_known"), json!(true)),
            (json!("not_known"), json!("refused"), json!("refused")),
        ] {
            let mut request = family(rules, &mut Dice::new(7));
            request["children"][0]["facts"] = json!({ "immediate_danger_now": first });
            let mut transfer = sent(rules, &request, Vec::new(), 4);
            let mut again = transfer.facts[0].clone();
            again.answer = serde_json::from_value(second).unwrap();
            transfer.facts.push(again);
            let request = transfer.request(rules, at());
            assert_eq!(request["children"][0]["facts"], json!({ "immediate_danger_now": expected }));
        }
    });
}

#[test]
fn who_referred_is_named_where_a_professional_did() {
    FIVE.with(|rules| {
        for (referrer, is_named) in [
            (json!({ "agency": "school", "source_code": "2A" }), true),
            (json!({ "agency": "police" }), true),
            (json!({ "source_code": "3B" }), true),
            (json!({ "agency": "public" }), false),
            (json!({ "agency": "family", "source_code": "1A" }), false),
            (json!({ "source_code": "1D" }), false),
            // Whose words they are cannot be told.
            (json!({ "agency": "school", "source_code": "9" }), false),
            (json!({}), false),
        ] {
            let mut request = family(rules, &mut Dice::new(7));
            request["referrer"]["contact"] = "CANARY-CONTACT".into();
            for (key, value) in referrer.as_object().unwrap() {
                request["referrer"][key] = value.clone();
            }
            let told = sent(rules, &request, Along::ALL.to_vec(), 4).referral.referred_by;
            let named = (told.contains("A. Teacher"), told.contains("CANARY-CONTACT"));
            assert_eq!(named, (is_named, is_named), "{referrer}: {told}");
            assert!(told.ends_with("school:example-primary"), "{told}");
        }
    });
}

#[test]
fn the_ends_of_lines_count_once() {
    FIVE.with(|rules| {
        let mut transfer = sent(rules, &family(rules, &mut Dice::new(5)), Vec::new(), 4);
        let open = OpenQuestion { ask: String::new(), would_know: Vec::new() };
        let room = MAX_TRANSFER - Transfer::signed(&transfer.text(), "— n AAAA").len();
        // Each is four lines of 53 bytes together.
        transfer.not_known.extend(vec![open; room / 54]);
        let file = Transfer::signed(&transfer.text(), "— n AAAA");
        let pasted = file.replace('\n', "\r\n");
        assert!(file.len() <= MAX_TRANSFER && pasted.len() > MAX_TRANSFER, "{} and {}", file.len(), pasted.len());
        assert!(Transfer::opened(&file).is_ok());
        assert_eq!(Transfer::opened(&pasted), Transfer::opened(&file));
    });
}

#[test]
fn an_account_holds_what_fits_and_says_that_there_is_more() {
    FIVE.with(|five| {
        FOUR.with(|four| {
            let mut request = family(five, &mut Dice::new(3));
            request["account"] = "x".repeat(19_990).into();
            let transfer = sent(five, &request, vec![Along::Account], 5);
            let there = transfer.request(four, at());
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
