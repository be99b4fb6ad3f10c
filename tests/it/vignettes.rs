//! Vignettes against brute force, of random small rule sets; of the rule sets that ship; and the command.
//!
//! Faults that were put into the search by hand, one at a time, and what told them:
//!
//! | Fault | Told by |
//! |---|---|
//! | the level need not fall without the rule | enumeration |
//! | the answers that differ need not be neighbours | enumeration |
//! | a presumed fact that differs does not count as said | its own test |

mod enumerated;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tempfile::TempDir;
use windscreen::criteria::{RuleFile, RuleSet, load_with_places};
use windscreen::examples::{as_yaml, run};
use windscreen::facts::{Answer, Answers, Said};
use windscreen::level::bounds;
use windscreen::proof::{Boundary, Rule, Vignette, Vignettes, vignettes, vignettes_within};
use windscreen::rules_dir;

use super::command::{text, windscreen};
use super::copy;
use super::proof::{SETS, answer, fixtures, small_set};
use crate::reference::model::{
    Condition, Criterion, Domain, Fact, Gives, Kind, Model, Modifiers, Needs, Raw, Role, Test, Threshold, Topic, What,
};
use enumerated::{Enumerated, Referral, RuleName, class};

fn answers(vignette: &Vignette) -> Answers {
    let said = vignette.said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone())));
    let not_known = vignette.not_known.iter().map(|id| (id.clone(), Said::NotKnown));
    Answers { said: said.chain(not_known).collect(), ..Answers::default() }
}

fn name_of(rule: &Rule, rules: &RuleSet) -> RuleName {
    (rule.id.clone(), rule.answer.as_ref().map(|answer| class(rules, &rule.id, answer)))
}

/// That a pair is what it says, by the evaluator.
fn check_pair(rules: &RuleSet, all: &Vignettes, pair: &Boundary) {
    let [above, below, open] = [&pair.above, &pair.below, &pair.open].map(|id| all.find(id).expect("it is there"));
    let others = |said: &Referral| said.iter().filter(|(id, _)| *id != pair.fact).cloned().collect::<Vec<_>>();
    assert_eq!(others(&above.said), others(&below.said), "{pair:#?}");
    assert_eq!(others(&above.said), open.said, "{pair:#?}");
    assert!(above.said.contains(&(pair.fact.clone(), pair.answer_above.clone())), "{pair:#?}");
    assert!(below.said.contains(&(pair.fact.clone(), pair.answer_below.clone())), "{pair:#?}");
    assert_eq!(open.not_known.as_ref(), Some(&pair.fact));
    for vignette in [above, below, open] {
        let facts = rules.read(&answers(vignette), "").expect("it is a referral");
        assert_eq!(vignette.at_least, bounds(rules, &facts).at_least(), "{vignette:#?}");
    }
    assert_eq!(pair.line.below + 1, pair.line.above);
    assert!(above.at_least >= pair.line.above && below.at_least <= pair.line.below, "{pair:#?}");
    match &pair.rule {
        Some(rule) if rule.answer.is_some() => assert_eq!(rule.id, pair.fact),
        Some(rule) => assert!(above.found.contains(&rule.id) && below.not_found.contains(&rule.id), "{pair:#?}"),
        None => {}
    }
}

/// That the answers of a pair stand next to each other, where they have an order.
fn check_step(model: &Model, pair: &Boundary) {
    let fact = model.fact(&pair.fact).expect("a fact of these rules");
    if fact.role != Role::Unordered {
        let answers: Vec<Answer> = fact.answers().iter().map(answer).collect();
        let place = |answer: &Answer| answers.iter().position(|other| other == answer);
        assert_eq!(place(&pair.answer_below).map(|place| place + 1), place(&pair.answer_above), "{pair:#?}");
    }
}

#[test]
fn every_pair_is_the_smallest_that_enumeration_finds_and_none_is_missing() {
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..SETS * u64::from(super::cases()) {
        let Some((model, rules, count)) = small_set(seed) else { continue };
        let files = model.to_yaml();
        let (_, places) = load_with_places(&files);
        let found = vignettes(&rules, &places).expect("the evaluator agrees");
        assert!(found.not_decided.is_empty(), "seed {seed}: a small rule set is decided");
        let yaml = as_yaml(&rules, &found).expect("it can be written");
        let report = run(&rules, &[RuleFile { path: "criteria/boundaries_test.yaml".into(), bytes: yaml.into() }]);
        assert!(report.failures.is_empty() && report.problems.is_empty(), "seed {seed}: {report:#?}");
        assert_eq!(report.examples, found.vignettes.len());
        found.pairs.iter().for_each(|pair| check_pair(&rules, &found, pair));

        let enumerated = Enumerated::of(&model, &rules, count);
        let shown = &enumerated.shown;
        let mut lines: BTreeMap<u8, Option<usize>> = BTreeMap::new();
        let mut told: BTreeMap<RuleName, (u8, usize)> = BTreeMap::new();
        for pair in &found.pairs {
            let (line, size) = (pair.line.above, found.find(&pair.above).map_or(0, |above| above.said.len()));
            assert!(pair.is_smallest, "seed {seed}: {pair:#?}");
            check_step(&model, pair);
            match pair.rule.as_ref().map(|rule| name_of(rule, &rules)) {
                Some(name) if shown.get(&name).is_some_and(|(shown, _)| *shown == line) => {
                    told.extend([(name, (line, size))]);
                }
                // Shown only so that its line is not without a pair.
                _ => lines.extend([(line, Some(size))]),
            }
        }
        assert_eq!(told, *shown, "seed {seed}");
        lines.extend(found.without_a_pair.iter().map(|line| (line.above, None)));
        for rank in 2..=rules.ladder().highest() {
            if shown.values().any(|(line, _)| *line == rank) {
                assert!(!lines.contains_key(&rank), "seed {seed}: the line below {rank} has a rule's pair already");
                continue;
            }
            let of_rules = enumerated.smallest_of_rules(rank);
            let any = of_rules.or_else(|| enumerated.smallest(rank, |_, _| true));
            assert_eq!(lines.get(&rank), Some(&any), "seed {seed}: the line below {rank}");
            *tally.entry("lines that only help crosses").or_default() += usize::from(of_rules.is_some());
            *tally.entry("lines that nothing crosses").or_default() += usize::from(any.is_none());
        }
        let told = found.idle.iter().map(|idle| (name_of(&idle.rule, &rules), idle.because));
        assert_eq!(told.collect::<BTreeMap<_, _>>(), enumerated.idle, "seed {seed}");
        found.idle.iter().for_each(|idle| *tally.entry(idle.because).or_default() += 1);

        *tally.entry("sets").or_default() += 1;
        *tally.entry("pairs").or_default() += found.pairs.len();
        *tally.entry("several together").or_default() += found.pairs.iter().filter(|pair| pair.rule.is_none()).count();
        *tally.entry("presumed").or_default() += found.vignettes.iter().filter(|one| one.presumed).count();
        *tally.entry("of three answers").or_default() +=
            found.vignettes.iter().filter(|vignette| vignette.said.len() > 2).count();
    }
    println!("{tally:#?}");
    assert!(tally["sets"] >= 40 && tally.values().all(|times| *times > 0), "{tally:?}");
}

/// The vignettes of a rules folder as text, and themselves.
fn of_folder(folder: &Path) -> (RuleSet, Vignettes, String) {
    let files = rules_dir::read(folder).unwrap();
    let (loaded, places) = load_with_places(&files);
    let rules = loaded.rule_set.expect("it loads");
    let found = vignettes(&rules, &places).expect("the evaluator agrees");
    let yaml = as_yaml(&rules, &found).unwrap();
    (rules, found, yaml)
}

#[test]
fn the_rule_sets_that_ship_have_pairs_at_every_line_and_every_example_passes() {
    for path in ["rules", "fixtures/rule_sets/good/four_levels"] {
        let (rules, found, yaml) = of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        let report =
            run(&rules, &[RuleFile { path: "criteria/boundaries_test.yaml".into(), bytes: yaml.clone().into() }]);
        assert!(report.failures.is_empty() && report.problems.is_empty(), "{path}: {report:#?}");
        assert_eq!(report.examples, found.vignettes.len());
        found.pairs.iter().for_each(|pair| check_pair(&rules, &found, pair));
        let lines: BTreeSet<u8> = found.pairs.iter().map(|pair| pair.line.above).collect();
        assert_eq!(lines, (2..=rules.ladder().highest()).collect(), "{path}");
        assert!(found.not_decided.is_empty() && found.without_a_pair.is_empty(), "{path}");
        assert!(found.pairs.iter().all(|pair| pair.is_smallest), "{path}");
        let ids: BTreeSet<&str> = found.vignettes.iter().map(|vignette| vignette.id.as_str()).collect();
        assert_eq!(ids.len(), found.vignettes.len(), "{path}: no id twice");
        let said: BTreeSet<String> =
            found.vignettes.iter().map(|vignette| format!("{:?} {:?}", vignette.said, vignette.not_known)).collect();
        assert_eq!(said.len(), found.vignettes.len(), "{path}: no example twice");
        // What is not known is asked, and its answer alone decides about the line.
        for pair in &found.pairs {
            let open = found.find(&pair.open).expect("it is there");
            assert!(open.asks && !open.settled && open.at_least <= pair.line.below, "{path}: {open:#?}");
        }
        // The command says the same, in a process of its own.
        let output = windscreen(&["vignettes", "--boundary", path], "");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), yaml, "{path}");
    }
}

#[test]
fn what_is_written_is_read_as_worked_examples() {
    let folder = TempDir::new().unwrap();
    copy(&fixtures("good/four_levels"), folder.path());
    let rules = folder.path().to_str().unwrap();
    let before = text(&windscreen(&["test", rules], "").stdout);
    let written = windscreen(&["vignettes", "--boundary", rules], "");
    std::fs::write(folder.path().join("criteria/boundaries_test.yaml"), &written.stdout).unwrap();
    let output = windscreen(&["test", rules], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let count = |told: &str| told.split(' ').next().and_then(|count| count.parse::<usize>().ok());
    let examples = text(&written.stdout).matches("\n  - id: ").count();
    assert_eq!(count(&text(&output.stdout)), count(&before).map(|before| before + examples));
    let again = windscreen(&["vignettes", "--boundary", rules], "");
    assert_eq!(again.stdout, written.stdout, "the examples beside the criteria decide nothing");
}

#[test]
fn one_line_or_one_topic_is_a_part_of_the_whole() {
    let rules = "fixtures/rule_sets/good/four_levels";
    let json = |args: &[&str]| -> serde_json::Value {
        let output = windscreen(&[&["vignettes", "--boundary", rules, "--format", "json"], args].concat(), "");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let pairs = |told: &serde_json::Value| told["pairs"].as_array().unwrap().clone();
    let (all, line, topic) = (json(&[]), json(&["--line", "2"]), json(&["--topic", "danger_and_harm"]));
    let of_line: Vec<_> = pairs(&all).into_iter().filter(|pair| pair["line"]["below"] == 2).collect();
    assert!(!of_line.is_empty() && of_line.len() < pairs(&all).len());
    assert_eq!(pairs(&line), of_line);
    let of_topic: Vec<_> = pairs(&all).into_iter().filter(|pair| pair["rule"]["topic"] == "danger_and_harm").collect();
    assert!(!of_topic.is_empty() && of_topic.len() < pairs(&all).len());
    assert_eq!(pairs(&topic), of_topic);
    let ids = |told: &serde_json::Value| -> BTreeSet<String> {
        told["vignettes"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let named = of_line.iter().flat_map(|pair| ["above", "below", "open"].map(|side| pair[side].as_str().unwrap()));
    assert_eq!(ids(&line), named.map(str::to_owned).collect());
}

#[test]
fn a_line_or_a_topic_that_is_not_there_is_told_with_what_was_meant() {
    let rules = "fixtures/rule_sets/good/four_levels";
    for (args, wanted) in [
        (["--line", "4"], "the lines are 1 to 3; did you mean 3, between `Child in need` and `Protection from harm`?"),
        (["--line", "0"], "there is no line between level 0 and the next"),
        (["--topic", "danger_and_hram"], "there is no topic `danger_and_hram`; did you mean `danger_and_harm`?"),
        (["--topic", "weather"], "there is no topic `weather`; the topics are "),
    ] {
        let output = windscreen(&[&["vignettes", "--boundary", rules], args.as_slice()].concat(), "");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
        assert!(text(&output.stderr).contains(wanted), "{}", text(&output.stderr));
    }
    assert_eq!(windscreen(&["vignettes", rules], "").status.code(), Some(2), "which vignettes must be said");
}

#[test]
fn rules_with_problems_are_told_and_no_vignettes_written() {
    let folder = TempDir::new().unwrap();
    copy(&fixtures("good/tiny"), folder.path());
    std::fs::write(folder.path().join("thresholds.yaml"), "thresholds: [ { id: Wrong } ]\n").unwrap();
    let output = windscreen(&["vignettes", "--boundary", folder.path().to_str().unwrap()], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), String::new()));
    assert!(text(&output.stderr).contains("thresholds.yaml:1"), "{}", text(&output.stderr));
}

/// With no budget nothing is written, and everything is told.
#[test]
fn what_is_not_decided_is_never_an_example() {
    let files = rules_dir::read(&fixtures("good/four_levels")).unwrap();
    let (loaded, places) = load_with_places(&files);
    let rules = loaded.rule_set.expect("it loads");
    let found = vignettes_within(&rules, &places, 0).expect("nothing is shown, so nothing disagrees");
    assert!(found.pairs.is_empty() && found.vignettes.is_empty() && found.idle.is_empty());
    assert!(found.without_a_pair.is_empty() && !found.not_decided.is_empty());
    let yaml = as_yaml(&rules, &found).unwrap();
    assert!(yaml.contains("# NOT DECIDED") && yaml.ends_with("examples: []\n"), "{yaml}");
}

fn fact(id: &str, role: Role, kind: Kind) -> Fact {
    let (domain, counts_with, asked_when) = (None, None, None);
    Fact {
        id: id.into(),
        topic: "home".into(),
        domain,
        role,
        household: false,
        core: false,
        counts_with,
        asked_when,
        kind,
    }
}

fn criterion(id: &str, when: Condition, gives: Gives) -> Criterion {
    let (domain, counts_with) = (None, None);
    Criterion { id: id.into(), topic: "home".into(), domain, when, gives: Some(gives), counts_with }
}

fn counts() -> Gives {
    Gives { level: Some((What::Counts, 2)), ..Gives::default() }
}

/// The vignettes of three levels, of which so many needs reach the second.
fn of_model(facts: Vec<Fact>, criteria: Vec<Criterion>, at_least: usize) -> Vignettes {
    let needs = vec![Needs { at: 2, at_least, domains: None, groups: None }];
    let model = Model {
        ranks: 3,
        protection_from: None,
        topics: vec![Topic { id: "home".into(), domain: Domain::Environment }],
        facts,
        criteria,
        groups: Vec::new(),
        thresholds: vec![Threshold {
            id: "enough_needs".into(),
            reaches: 2,
            needs,
            unless: None,
            consider: Vec::new(),
        }],
        modifiers: Some(Modifiers { steps_at_most: 1, from: vec![2], instead: Vec::new() }),
        hardship_never_reaches: None,
        protection: Vec::new(),
    };
    let files = model.to_yaml();
    let (loaded, places) = load_with_places(&files);
    let rules = loaded.rule_set.unwrap_or_else(|| panic!("{:#?}", loaded.problems));
    vignettes(&rules, &places).expect("the evaluator agrees")
}

/// A rule may matter only to a referral of which no one answer takes both the rule and the level away.
#[test]
fn a_rule_that_no_one_answer_takes_away_with_the_level_is_listed() {
    let answers = [("none", Gives::default()), ("some", Gives::default()), ("much", counts())];
    let answers = Kind::Choice(answers.map(|(word, gives)| (word.to_owned(), gives)).into());
    let some = Condition::Test("noise".into(), Test::AtLeast(Raw::Word("some".into())));
    let found = of_model(vec![fact("noise", Role::Sign, answers)], vec![criterion("any_noise", some, counts())], 2);
    let idle: Vec<(&str, &str)> = found.idle.iter().map(|idle| (idle.rule.name.as_str(), idle.because)).collect();
    assert_eq!(idle, [("any_noise", "no one answer takes it away and the level with it")]);
}

/// What is presumed is found while nobody speaks of it; in a pair that differs in it, it is said, and counts as said.
#[test]
fn what_is_presumed_is_said_where_it_is_what_differs() {
    let yes_no = |id: &str, role, gives| fact(id, role, Kind::YesNo { concern: true, gives });
    let facts = vec![
        yes_no("presumed", Role::Presumed, Gives::default()),
        yes_no("a_need", Role::Sign, counts()),
        yes_no("one_sign", Role::Sign, Gives::default()),
        yes_no("other_sign", Role::Sign, Gives::default()),
    ];
    let bare = |id: &str| Condition::Bare(id.into());
    let raises = Gives { raises: true, ..Gives::default() };
    let criteria = vec![
        criterion("both_signs", Condition::All(vec![bare("one_sign"), bare("other_sign")]), counts()),
        criterion("either", Condition::Any(vec![bare("presumed"), bare("a_need")]), raises),
    ];
    let found = of_model(facts, criteria, 1);
    let pair = found.pairs.iter().find(|pair| pair.rule.as_ref().is_some_and(|rule| rule.id == "either"));
    let pair = pair.expect("it carries over the upper line");
    assert_eq!((pair.line.above, pair.fact.as_str(), pair.is_smallest), (3, "a_need", true));
    // With both signs the presumed fact would be what differs, and three things be said.
    let said = [("presumed", false), ("a_need", true)].map(|(id, answer)| (id.to_owned(), Answer::YesNo(answer)));
    assert_eq!(found.find(&pair.above).map(|above| above.said.as_slice()), Some(said.as_slice()));
}

/// A fact and an answer may each have an id of 60 letters, and an example's has 100.
#[test]
fn long_ids_are_cut_and_stay_apart() {
    let mut files = rules_dir::read(&fixtures("good/tiny")).unwrap();
    let [long, other] =
        ["a", "b"].map(|end| format!("{}{end}", "a_very_long_id_that_goes_on_".repeat(3).split_at(59).0));
    let choice = |id: &str| {
        format!(
            "  - id: {id}\n    ask: How is it?\n    answers: {{ none: {{}}, {long}: {{ floor: 3 }}, {other}: {{ floor: 4 }} }}\n    \
             source: [example]\n"
        )
    };
    let home = files.iter_mut().find(|file| file.path == "criteria/home.yaml").expect("it is there");
    home.bytes.extend([choice(&long), choice(&other)].concat().into_bytes());
    let (loaded, places) = load_with_places(&files);
    let rules = loaded.rule_set.unwrap_or_else(|| panic!("{:#?}", loaded.problems));
    let found = vignettes(&rules, &places).expect("the evaluator agrees");
    let ids: BTreeSet<&str> = found.vignettes.iter().map(|vignette| vignette.id.as_str()).collect();
    assert_eq!(ids.len(), found.vignettes.len());
    assert_eq!(ids.iter().map(|id| id.len()).max(), Some(100));
    assert!(ids.iter().all(|id| ["__above", "__below", "__open"].iter().any(|side| id.ends_with(side))), "{ids:?}");
    let yaml = as_yaml(&rules, &found).unwrap();
    let report = run(&rules, &[RuleFile { path: "criteria/boundaries_test.yaml".into(), bytes: yaml.into() }]);
    assert!(report.failures.is_empty() && report.problems.is_empty(), "{report:#?}");
}
