//! What the ratings of a round come to, on a few that a person can reckon: facts beside thresholds, which answer moves a
//! level, agencies of few people, and what is no rating.

use indexmap::IndexMap;
use serde_json::{Value, json};
use windscreen::calibration::{Rated, Rating, Results, Round, THE_REST, Vignette, agreement_lines, rating_lines};
use windscreen::criteria::{RuleSet, load};
use windscreen::examples::read_examples;
use windscreen::json::FaultCode;
use windscreen::rules_dir;

/// The rules, and a round of a child whose father drinks, at level 2 because nothing is seen of it.
fn round() -> (RuleSet, Round) {
    let files = rules_dir::read(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap();
    let rules = load(&files).rule_set.unwrap();
    let entries = read_examples(&files).entries;
    let example =
        entries.iter().map(|(_, example)| example).find(|example| example.id == "an_evening_drink_a").unwrap();
    let vignette = Vignette::of(example, &rules).unwrap();
    let until = "2027-01-31".parse().unwrap();
    let round = Round { title: "A round".into(), rules: rules.id().digest.clone(), until, vignettes: vec![vignette] };
    (rules, round)
}

/// What the story means, but for some answers.
fn rating(round: &Round, level: Option<u8>, otherwise: &[(&str, Value)]) -> Rating {
    let mut answers: IndexMap<String, Value> = round.vignettes[0].facts.clone();
    answers.shift_remove("child_age_months");
    for (id, answer) in otherwise {
        answers.insert((*id).to_owned(), answer.clone());
    }
    Rating { vignette: 0, answers, level }
}

fn results(rules: &RuleSet, round: &Round, ratings: &[(&str, &str, Rating)]) -> Results {
    let rated = ratings.iter().map(|(by, organisation, rating)| Rated { by, organisation, rating });
    Results::of(round, rules, &rated.collect::<Vec<_>>())
}

#[test]
fn facts_and_thresholds_are_told_apart() {
    let (rules, round) = round();
    let drinks = |answer: &str| ("parental_substance_use", json!(answer));
    let ratings = [
        // As the story means, and the level of it.
        ("a", "school:oak", rating(&round, Some(2), &[])),
        // Another fact, and the level that follows from it: of facts alone.
        ("b", "school:oak", rating(&round, Some(3), &[drinks("some_impact")])),
        ("c", "school:oak", rating(&round, Some(1), &[drinks("none")])),
        // The same facts, and another level: of thresholds alone.
        ("d", "police:example", rating(&round, Some(4), &[])),
        ("e", "police:example", rating(&round, Some(1), &[])),
        // Both, and they make up for each other.
        ("f", "police:example", rating(&round, Some(2), &[drinks("significant_impact")])),
        ("g", "police:example", rating(&round, None, &[])),
    ];
    let all = results(&rules, &round, &ratings);
    let of = |agency: &str| all.agencies.iter().find(|of| of.agency == agency).unwrap();
    let (school, police) = (of("school"), of("police"));
    assert_eq!((school.as_indicated, school.higher, school.lower, school.levels), (3, 0, 0, 3));
    assert_eq!((school.facts_higher, school.facts_lower, school.ratings), (1, 1, 3));
    assert_eq!((police.as_indicated, police.higher, police.lower, police.levels), (0, 1, 2, 3));
    assert_eq!((police.facts_higher, police.facts_lower, police.ratings), (1, 0, 4));
    let first = &all.questions[0];
    assert_eq!((first.fact.as_str(), first.answers, first.as_meant, first.moved), ("parental_substance_use", 7, 4, 3));
    let other = all.questions.iter().find(|of| of.fact == "keeping_safe").unwrap();
    assert_eq!((other.as_meant, other.moved, other.agreed.same), (7, 0, Some(1.0)));
    // Twenty-one pairs; six of them of the four who answered alike.
    assert!((first.agreed.same.unwrap() - 6.0 / 21.0).abs() < 1e-12);
    let answers: Vec<(Value, usize, bool)> =
        first.of[0].1.iter().map(|one| (one.answer.clone(), one.count, one.is_meant)).collect();
    assert_eq!(answers[0], (json!("no_impact_seen"), 4, true));
    assert_eq!(answers.len(), 4);
    let child = &all.vignettes[0];
    assert_eq!(child.levels, [(1, 2), (2, 2), (3, 1), (4, 1), (5, 0)]);
    assert_eq!((child.indicated, child.cannot_say, child.facts_as_meant, child.ratings), ((2, 2), 1, 4, 7));
    // Of fifteen pairs who named a level two are the same.
    assert!((all.levels.same.unwrap() - 2.0 / 15.0).abs() < 1e-12);
    assert_eq!(all.levels.interval, None, "of one child no interval is told");
}

#[test]
fn a_question_that_all_misread_alike_comes_first() {
    let (rules, round) = round();
    let ratings: Vec<(&str, &str, Rating)> = ["a", "b", "c", "d"]
        .into_iter()
        .enumerate()
        .map(|(number, by)| {
            let runs = ("independently_mobile", json!(if number == 0 { json!("not_known") } else { json!(true) }));
            (by, "school:oak", rating(&round, Some(2), &[("case_status", json!("none")), runs]))
        })
        .collect();
    let all = results(&rules, &round, &ratings);
    assert_eq!(all.vignettes[0].ratings, 4);
    let order: Vec<&str> = all.questions.iter().take(2).map(|of| of.fact.as_str()).collect();
    assert_eq!(order, ["case_status", "independently_mobile"]);
    assert_eq!((all.questions[0].as_meant, all.questions[0].agreed.same), (0, Some(1.0)));
}

#[test]
fn the_last_rating_counts_and_agencies_of_few_are_told_together() {
    let (rules, round) = round();
    let as_meant = |level| rating(&round, Some(level), &[]);
    let mut ratings = vec![("a", "school:oak", as_meant(5)), ("a", "school:oak", as_meant(2))];
    ratings.extend(["b", "c", "d"].map(|by| (by, "school:elm", as_meant(2))));
    ratings.push(("e", "police:example", as_meant(2)));
    ratings.extend(["f", "g", "h"].map(|by| (by, "icb:example", as_meant(3))));
    let all = results(&rules, &round, &ratings);
    assert_eq!(all.raters, 8);
    assert_eq!((all.all.as_indicated, all.all.higher), (5, 3), "the five was taken back");
    // One of the police alone would be known by taking the others away: the next smallest goes along.
    let agencies: Vec<(&str, usize)> = all.agencies.iter().map(|of| (of.agency.as_str(), of.raters)).collect();
    assert_eq!(agencies, [("school", 4), (THE_REST, 4)]);
    let lines = String::from_utf8(rating_lines(&all).unwrap()).unwrap();
    assert_eq!(lines.lines().count(), 9);
    assert!(!lines.contains("police") && !lines.contains("oak"), "{lines}");
    let numbers: std::collections::BTreeSet<&str> =
        lines.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(numbers.len(), 8);
    let measures = String::from_utf8(agreement_lines(&all).unwrap()).unwrap();
    assert!(
        measures.contains("levels,all,agreement,") && measures.contains("question,keeping_safe,ac1,"),
        "{measures}"
    );
    // Of all alike in number none is alone.
    let two = ["a", "b"].map(|by| (by, "school:oak", as_meant(2)));
    assert_eq!(results(&rules, &round, &two).agencies[0].agency, THE_REST);
    assert_eq!(results(&rules, &round, &[]).levels.same, None, "of nobody nothing is told");
}

#[test]
fn what_is_no_rating_is_refused_with_its_place() {
    let (rules, round) = round();
    let codes = |rating: &Rating| -> Vec<(String, FaultCode)> {
        round.wrong(&rules, rating).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    };
    assert_eq!(codes(&rating(&round, Some(2), &[])), []);
    assert_eq!(codes(&rating(&round, None, &[])), []);
    let other = Rating { vignette: 1, ..rating(&round, Some(2), &[]) };
    assert_eq!(codes(&other), [("/vignette".to_owned(), FaultCode::OutOfRange)]);
    assert_eq!(codes(&rating(&round, Some(9), &[])), [("/level".to_owned(), FaultCode::OutOfRange)]);
    let mut left_out = rating(&round, Some(2), &[("housing", json!("settled"))]);
    left_out.answers.shift_remove("keeping_safe");
    let expected = [("/answers/keeping_safe", FaultCode::MissingKey), ("/answers/housing", FaultCode::UnknownFact)];
    assert_eq!(codes(&left_out), expected.map(|(at, code)| (at.to_owned(), code)));
    let wrong = codes(&rating(&round, Some(2), &[("keeping_safe", json!("perhaps")), ("case_status", json!(5))]));
    let mut places: Vec<&str> = wrong.iter().map(|(at, _)| at.as_str()).collect();
    places.sort_unstable();
    assert_eq!(places, ["/facts/case_status", "/facts/keeping_safe"], "all at once: {wrong:?}");
}
