//! What a change of rules does: the laws that every difference keeps, and the sentences that a board reads.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::facts::{Answer, Answers, Said};
use windscreen::level::bounds;
use windscreen::proof::{Census, Decides, Difference, Direction, Known, Pair, Tally, WayMoved};
use windscreen::rules_dir;

use crate::reference::dice::Dice;
use crate::reference::generate;
use crate::reference::model::{Model, each_gives};

/// Pairs of random rule sets that are tried; times `WINDSCREEN_TEST_CASES`.
const PAIRS: u64 = 200;
/// A pair with more referrals than this is left out.
const MOST_REFERRALS: u64 = 6_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<RuleFile> {
    rules_dir::read(&root().join(folder)).unwrap()
}

fn loaded(files: &[RuleFile]) -> RuleSet {
    let loaded = load(files);
    loaded.rule_set.unwrap_or_else(|| panic!("{:#?}", loaded.problems))
}

fn difference(old: &RuleSet, new: &RuleSet) -> Difference {
    Difference::of(&Pair::of(old, new), None).unwrap()
}

fn census(pair: &Pair<'_>, most: usize) -> Tally {
    let census = Census::of(pair, most);
    let tally = (0..census.parts()).map(|part| census.part(part)).reduce(Tally::and).unwrap();
    assert_eq!(tally.total(), census.total(), "as many as reckoned");
    tally
}

/// An edit of `fixtures/differences/edits.yaml`, and where its text stands.
struct Planted {
    name: String,
    file: String,
    from: String,
    to: String,
}

impl Planted {
    fn all() -> Vec<Self> {
        let text = fs::read_to_string(root().join("fixtures/differences/edits.yaml")).unwrap();
        let list: Value = serde_yaml::from_str(&text).unwrap();
        let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let all = list.as_array().unwrap().iter().map(|one| Self {
            name: word(one, "name"),
            file: word(one, "file"),
            from: word(one, "from"),
            to: word(one, "to"),
        });
        all.collect()
    }

    fn planted(&self, files: &[RuleFile]) -> RuleSet {
        let mut files = files.to_vec();
        let file = files.iter_mut().find(|file| file.path == self.file).unwrap();
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        assert_eq!(text.matches(&self.from).count(), 1, "{}: FROM stands once in {}", self.name, self.file);
        file.bytes = text.replace(&self.from, &self.to).into_bytes();
        loaded(&files)
    }

    fn path(&self) -> PathBuf {
        root().join("fixtures/differences").join(format!("{}.txt", self.name))
    }
}

/// The text without what moves with every edit of the rules.
fn without_digests(difference: &Difference) -> String {
    let text = difference.as_text();
    text.replace(&difference.old.digest, "sha256:OLD").replace(&difference.new.digest, "sha256:NEW")
}

#[test]
fn every_planted_edit_is_told_in_the_expected_words() {
    let files = files("rules");
    let old = loaded(&files);
    let planted = Planted::all();
    assert!(planted.len() >= 40, "{}", planted.len());
    let (mut wrong, mut directed, mut lowering) = (Vec::new(), 0, 0);
    for one in &planted {
        let new = one.planted(&files);
        let there = difference(&old, &new);
        let got = without_digests(&there);
        if got != fs::read_to_string(one.path()).unwrap_or_default() {
            fs::write(one.path().with_extension("txt.new"), &got).unwrap();
            wrong.push(format!("{}:\n{got}", one.name));
        }
        directed += usize::from(goes_the_way_that_is_told(&one.name, &there));
        if there.moved != Known::None {
            mirrors(&one.name, &there, &difference(&new, &old));
        }
        lowering += usize::from(there.lowered == Known::Some);
    }
    assert!(wrong.is_empty(), "what differs stands beside the old as .txt.new\n\n{}", wrong.join("\n----\n"));
    assert!(directed >= 12 && lowering >= 8, "{directed} go one way, {lowering} lower");
    let texts = fs::read_dir(root().join("fixtures/differences")).unwrap().flatten();
    let texts = texts.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "txt"));
    assert_eq!(texts.count(), planted.len(), "every text belongs to an edit");
}

/// Which way an edit goes is told only where it follows, so nothing moves the other way; and what decides nothing moves
/// nobody. Whether there was a way to look at.
fn goes_the_way_that_is_told(name: &str, difference: &Difference) -> bool {
    let deciding: Vec<_> = difference.edits.iter().filter(|edit| edit.decides == Decides::Level).collect();
    if deciding.is_empty() {
        assert_eq!(difference.moved, Known::None, "{name}: no edit decides the level");
    }
    let [only] = deciding[..] else { return false };
    let Some(direction) = only.direction else { return false };
    let way = match direction {
        Direction::Loosened => WayMoved::Higher,
        Direction::Tightened => WayMoved::Lower,
    };
    assert!(difference.movements.iter().all(|movement| movement.way == way), "{name}: {direction:?}, and not so");
    true
}

/// What moves up one way moves down the other, and the smallest are as small.
fn mirrors(name: &str, there: &Difference, back: &Difference) {
    let moved = |difference: &Difference, turned: bool| {
        let movements = difference.movements.iter().map(|movement| {
            let (from, to) = (movement.from.rank, movement.to.rank);
            let (from, to) = if turned { (to, from) } else { (from, to) };
            (from, to, movement.smallest.said.len())
        });
        let mut movements: Vec<_> = movements.collect();
        movements.sort_unstable();
        movements
    };
    assert_eq!(moved(there, false), moved(back, true), "{name}");
    assert_eq!(there.edits.len(), back.edits.len(), "{name}");
}

#[test]
fn a_rule_set_differs_in_nothing_from_itself() {
    for folder in ["rules", "fixtures/rule_sets/good/four_levels", "fixtures/rule_sets/good/tiny"] {
        let rules = loaded(&files(folder));
        let difference = difference(&rules, &rules);
        assert_eq!((difference.moved, difference.lowered), (Known::None, Known::None), "{folder}");
        assert!(difference.edits.is_empty() && difference.movements.is_empty(), "{folder}: {difference:#?}");
    }
}

#[test]
fn neither_the_order_of_entries_nor_that_of_files_is_an_edit() {
    let files = files("rules");
    let mut moved = files.clone();
    // The first criterion of a topic stands last, the first topic is asked last, and the sources stand upside down.
    let edits = [
        ("criteria/about_the_child.yaml", "criteria:\n", "  - id: cannot_move_alone"),
        ("thresholds.yaml", "thresholds:\n", "  - id: two_level_2_needs"),
    ];
    for (path, list, second) in edits {
        let file = moved.iter_mut().find(|file| file.path == path).unwrap();
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        let from = text.find(list).unwrap() + list.len();
        let to = text.find(second).unwrap();
        let end = text[to..].find("\n\nmodifiers").map_or(text.len(), |end| to + end + 2);
        let first = format!("{}\n", text[from..to].trim_end());
        let (rest, after) = (format!("{}\n\n", text[to..end].trim_end()), &text[end..]);
        file.bytes = format!("{}{rest}{first}\n{after}", &text[..from]).into_bytes();
    }
    let file = moved.iter_mut().find(|file| file.path == "framework.yaml").unwrap();
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    let topics = "topics:\n  - about_the_child\n  - safety_now\n";
    assert!(text.contains(topics));
    file.bytes = text.replace(topics, "topics:\n  - safety_now\n  - about_the_child\n").into_bytes();
    moved.reverse();
    let (old, new) = (loaded(&files), loaded(&moved));
    assert_ne!(old.id().digest, new.id().digest);
    let difference = difference(&old, &new);
    assert_eq!((difference.moved, difference.edits.len()), (Known::None, 0), "{:#?}", difference.edits);
}

#[test]
fn two_ladders_are_compared_by_legal_basis() {
    let [old, new] = ["rules", "fixtures/rule_sets/good/four_levels"].map(|folder| loaded(&files(folder)));
    let difference = difference(&old, &new);
    let text = difference.as_text();
    assert!(text.contains("levels cannot be compared by number. They are compared by legal basis."), "{text}");
    assert!(difference.movements.iter().all(|movement| movement.from.rank.is_none() && movement.from.duty.is_some()));
    // Level 4 there is level 3 here, and under section 17 both are the same.
    assert!(difference.movements.iter().all(|movement| movement.from.duty != movement.to.duty));
    assert_eq!(difference.lowered, Known::Some);
}

/// Another rule set of the same facts: with other numbers, or a criterion less.
fn edited(model: &Model, dice: &mut Dice) -> Model {
    let mut model = model.clone();
    for _ in 0..3 {
        edit(&mut model, dice);
    }
    model
}

fn edit(model: &mut Model, dice: &mut Dice) {
    match dice.below(4) {
        0 if !model.criteria.is_empty() => {
            let place = dice.below(model.criteria.len());
            model.criteria.remove(place);
        }
        1 if !model.thresholds.is_empty() => {
            let place = dice.below(model.thresholds.len());
            for part in &mut model.thresholds[place].needs {
                part.at_least += 1;
            }
        }
        2 => model.modifiers = None,
        _ => {
            let mut gives = each_gives(model);
            let place = dice.below(gives.len().max(1));
            if let Some((_, rank)) = gives.get_mut(place).and_then(|gives| gives.level.as_mut()) {
                *rank = 2;
            }
        }
    }
}

/// Everything that a referral may say to either of two rule sets: by fact, nothing or an answer that either takes.
fn sayings(rules: [&RuleSet; 2]) -> Vec<(String, Vec<Option<Answer>>)> {
    let pair = Pair::of(rules[0], rules[1]);
    let all = pair.facts.iter().map(|fact| {
        let mut answers: Vec<Option<Answer>> = vec![None];
        for answer in &fact.answers {
            match (&answer.answer, answer.highest) {
                // Every number of the range, for that none of them differs from its lowest is to be shown.
                (Answer::Number(from), Some(to)) => {
                    answers.extend((*from..=to).map(|number| Some(Answer::Number(number))))
                }
                (answer, _) => answers.push(Some(answer.clone())),
            }
        }
        (fact.id.clone(), answers)
    });
    all.collect()
}

#[test]
fn movements_and_counts_are_those_of_every_referral_enumerated() {
    let (mut tried, mut moving, mut equal) = (0, 0, 0);
    for seed in 0..PAIRS * u64::from(super::cases()) {
        let mut dice = Dice::new(seed);
        let model = generate::model(&mut dice, false);
        // Half of the pairs are the same rules with other numbers, half have nothing in common but ids.
        let other = if seed % 2 == 0 { edited(&model, &mut dice) } else { generate::model(&mut dice, false) };
        let [Some(old), Some(new)] = [model, other].map(|model| load(&model.to_yaml()).rule_set) else { continue };
        let rules = [&old, &new];
        let sayings = sayings(rules);
        let count: u64 = sayings.iter().map(|(_, answers)| answers.len() as u64).product();
        if count > MOST_REFERRALS {
            continue;
        }
        tried += 1;
        // By levels: the size of the smallest, and how many say more than silence does.
        let mut smallest = [[usize::MAX; 9]; 9];
        for number in 0..count {
            let said = referral(number, &sayings);
            let answers = Answers {
                said: said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone()))).collect(),
                ..Answers::default()
            };
            let [from, to] = rules.map(|rules| usize::from(bounds(rules, &rules.read_for_replay(&answers)).at_least()));
            smallest[from][to] = smallest[from][to].min(said.len());
        }
        let pair = Pair::of(&old, &new);
        let tally = census(&pair, pair.facts.len());
        for (from, to) in (1..9_u8).flat_map(|from| (1..9_u8).map(move |to| (from, to))) {
            let expected = smallest[usize::from(from)][usize::from(to)];
            assert_eq!(tally.of(from, to) > 0, expected < usize::MAX, "seed {seed}: {from} to {to}");
            if from != to {
                let found = tally.smallest(from, to).map_or(usize::MAX, Vec::len);
                assert_eq!(found, expected, "seed {seed}: {from} to {to}");
            }
        }
        let difference = Difference::of(&pair, None).unwrap();
        let same_ladder = difference.movements.iter().all(|movement| movement.from.rank.is_some());
        if same_ladder && old.ladder().highest() == new.ladder().highest() {
            let mut found: Vec<_> = difference
                .movements
                .iter()
                .map(|movement| {
                    let smallest = &movement.smallest;
                    assert!(smallest.is_smallest, "seed {seed}");
                    (smallest.old_level, smallest.new_level, smallest.said.len())
                })
                .collect();
            found.sort_unstable();
            let expected: Vec<_> = (1..9_u8)
                .flat_map(|from| (1..9_u8).map(move |to| (from, to)))
                .filter(|(from, to)| from != to)
                .map(|(from, to)| (from, to, smallest[usize::from(from)][usize::from(to)]))
                .filter(|(.., size)| *size < usize::MAX)
                .collect();
            assert_eq!(found, expected, "seed {seed}");
            moving += usize::from(!found.is_empty());
            equal += usize::from(found.is_empty());
        }
    }
    assert!(tried >= 40 && moving >= 20 && equal >= 3, "{tried} tried, {moving} move, {equal} are equal");
}

/// A referral by number: which saying of each fact.
fn referral(mut number: u64, sayings: &[(String, Vec<Option<Answer>>)]) -> Vec<(String, Answer)> {
    let said = sayings.iter().filter_map(|(id, answers)| {
        let saying = &answers[(number % answers.len() as u64) as usize];
        number /= answers.len() as u64;
        Some((id.clone(), saying.clone()?))
    });
    said.collect()
}

/// The census goes on with one more answer where the evaluator begins anew: both find the same, on the rules that ship.
#[test]
fn a_census_finds_what_evaluating_each_referral_finds() {
    let files = files("rules");
    let old = loaded(&files);
    for name in ["question_presumed_no_more", "numbers_cut_elsewhere", "protection_added"] {
        let planted = Planted::all().into_iter().find(|one| one.name == name).unwrap();
        let new = planted.planted(&files);
        let pair = Pair::of(&old, &new);
        let tally = census(&pair, 2);
        let mut counts = [[0_u64; 9]; 9];
        let mut count = |told: &Vec<(usize, usize)>| {
            let [from, to] = pair.levels(told);
            counts[usize::from(from)][usize::from(to)] += 1;
        };
        let says_more = |fact: usize| {
            let answers = pair.facts[fact].answers.iter().enumerate();
            answers
                .filter(|(_, answer)| !answer.says_nothing)
                .map(move |(answer, _)| (fact, answer))
                .collect::<Vec<_>>()
        };
        count(&Vec::new());
        for fact in 0..pair.facts.len() {
            for first in says_more(fact) {
                count(&vec![first]);
                for second in (fact + 1..pair.facts.len()).flat_map(says_more) {
                    count(&vec![first, second]);
                }
            }
        }
        for (from, to) in (1..9_u8).flat_map(|from| (1..9_u8).map(move |to| (from, to))) {
            assert_eq!(tally.of(from, to), counts[usize::from(from)][usize::from(to)], "{name}: {from} to {to}");
        }
    }
}
