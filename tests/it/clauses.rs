//! Criteria by the hundred, of more clauses than are numbered: each holds exactly where its condition does, in both
//! passes, whether it is decided by its clauses or walked over.

use std::fmt::Write as _;
use std::path::Path;

use windscreen::criteria::{RuleFile, load};
use windscreen::facts::{Answer, Answers, Said};
use windscreen::level::findings;
use windscreen::rules_dir;

use crate::reference::dice::Dice;

const FACTS: usize = 60;
/// Beside the one of the small rule set, as many as there may be. Five in eight take three clauses of two facts each,
/// hardly any of them twice: some three hundred, where 256 are numbered.
const CRITERIA: usize = 127;
const REFERRALS: u64 = 300;

/// When a criterion holds.
enum When {
    Fact(usize),
    Criterion(usize),
    All(Vec<When>),
    Any(Vec<When>),
}

impl When {
    fn drawn(dice: &mut Dice, criterion: usize) -> Self {
        let mut facts: Vec<usize> = (0..FACTS).collect();
        dice.shuffle(&mut facts);
        let fact = |place: usize| Self::Fact(facts[place]);
        let pair = |one, other| Self::All(vec![fact(one), fact(other)]);
        match criterion % 8 {
            0..5 => Self::Any(vec![pair(0, 1), pair(0, 2), pair(1, 2)]),
            // As clauses these are sixteen, and too many.
            5 => Self::Any(vec![pair(0, 1), pair(2, 3), pair(4, 5), pair(6, 7)]),
            6 => Self::All(vec![fact(0), Self::Any(vec![fact(1), fact(2), fact(3)])]),
            _ => Self::Any(vec![Self::Criterion(criterion - 1), fact(0)]),
        }
    }

    fn yaml(&self) -> String {
        let list = |parts: &[Self]| parts.iter().map(Self::yaml).collect::<Vec<_>>().join(", ");
        match self {
            Self::Fact(fact) => format!("fact_{fact}"),
            Self::Criterion(criterion) => format!("criterion_{criterion}"),
            Self::All(parts) => format!("{{ all: [ {} ] }}", list(parts)),
            Self::Any(parts) => format!("{{ any: [ {} ] }}", list(parts)),
        }
    }

    fn holds(&self, all: &[Self], said: &[bool]) -> bool {
        match self {
            Self::Fact(fact) => said[*fact],
            Self::Criterion(criterion) => all[*criterion].holds(all, said),
            Self::All(parts) => parts.iter().all(|part| part.holds(all, said)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(all, said)),
        }
    }
}

/// The small rule set, with one more topic.
fn files(all: &[When]) -> Vec<RuleFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny");
    let mut files = rules_dir::read(&folder).unwrap();
    let mut topic = String::from("topic: many\ntitle: Many\ndomain: environment\nindicators:\n");
    for fact in 0..FACTS {
        writeln!(topic, "  - {{ id: fact_{fact}, ask: What of {fact}?, core: true, source: [example] }}").unwrap();
    }
    topic.push_str("criteria:\n");
    for (criterion, when) in all.iter().enumerate() {
        writeln!(
            topic,
            "  - {{ id: criterion_{criterion}, says: It holds, when: {}, gives: {{ counts: 2 }}, source: [example] }}",
            when.yaml()
        )
        .unwrap();
    }
    let framework = files.iter_mut().find(|file| file.path == "framework.yaml").unwrap();
    let text = String::from_utf8(framework.bytes.clone()).unwrap();
    framework.bytes = text.replace("topics: [harm_now, home]", "topics: [harm_now, home, many]").into_bytes();
    files.push(RuleFile { path: "criteria/many.yaml".to_owned(), bytes: topic.into_bytes() });
    files
}

/// Tests of one fact become one, which every answer to it may pass; not known is no answer.
#[test]
fn what_is_not_known_is_none_of_all_answers_that_have_no_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny");
    let mut files = rules_dir::read(&folder).unwrap();
    let home = files.iter_mut().find(|file| file.path == "criteria/home.yaml").unwrap();
    home.bytes.extend_from_slice(
        b"  - id: who_says
    ask: Who says so?
    core: true
    ordered: false
    answers: { a_neighbour: {}, a_nurse: {} }
    source: [example]
criteria:
  - id: little_routine_and_somebody_says_so
    says: There is little routine, and somebody says so
    when: { all: [ poor_routine, { any: [ { who_says: { is: a_neighbour } }, { who_says: { is: a_nurse } } ] } ] }
    gives: { actions: [emergency_999] }
    source: [example]
",
    );
    let loaded = load(&files);
    let rules = loaded.rule_set.unwrap_or_else(|| panic!("{:?}", loaded.problems));
    let word = |word: &str| Said::Answer(Answer::Word(word.to_owned()));
    let little = || ("poor_routine", Said::Answer(Answer::YesNo(true)));
    let cases = [
        (vec![little()], false),
        (vec![little(), ("who_says", Said::NotKnown)], false),
        (vec![little(), ("who_says", word("a_neighbour"))], true),
        (vec![little(), ("who_says", word("a_nurse"))], true),
        (vec![("who_says", word("a_nurse"))], false),
    ];
    for (said, wanted) in cases {
        let said: Vec<_> = said.into_iter().map(|(fact, said)| (fact.to_owned(), said)).collect();
        let facts = rules.read(&Answers { said: said.clone(), ..Answers::default() }, "").unwrap();
        let (least, _) = findings(&rules, &facts);
        let found = least.iter().any(|found| found.id == "little_routine_and_somebody_says_so" && found.found);
        assert_eq!(found, wanted, "{said:?}");
    }
}

#[test]
fn more_clauses_than_are_numbered_alter_no_criterion() {
    let mut dice = Dice::new(7);
    let all: Vec<When> = (0..CRITERIA).map(|criterion| When::drawn(&mut dice, criterion)).collect();
    let loaded = load(&files(&all));
    let rules = loaded.rule_set.unwrap_or_else(|| panic!("{:?}", loaded.problems));
    for referral in 0..REFERRALS {
        let mut dice = Dice::new(referral);
        let yes = [2, 10, 30][dice.below(3)];
        let said: Vec<Option<bool>> = (0..FACTS).map(|_| dice.chance(60).then(|| dice.chance(yes))).collect();
        let told = said.iter().enumerate().filter_map(|(fact, said)| Some((fact, (*said)?)));
        let told = told.map(|(fact, said)| (format!("fact_{fact}"), Said::Answer(Answer::YesNo(said))));
        let facts = rules.read(&Answers { said: told.collect(), ..Answers::default() }, "").unwrap();
        let (least, greatest) = findings(&rules, &facts);
        for (pass, unknown) in [(least, false), (greatest, true)] {
            let filled: Vec<bool> = said.iter().map(|said| said.unwrap_or(unknown)).collect();
            for found in pass.iter().filter(|found| found.kind == "criterion") {
                let Some(criterion) = found.id.strip_prefix("criterion_") else { continue };
                let holds = all[criterion.parse::<usize>().unwrap()].holds(&all, &filled);
                assert_eq!(found.found, holds, "{} of referral {referral}, unknown as {unknown}", found.id);
            }
        }
    }
}
