//! Where each answer came from: the accounts are those that were given, what is used is what is read, and whose words
//! they are moves nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use windscreen::criteria::RuleSet;
use windscreen::facts::{Answers, Said, Scope};
use windscreen::json::{Fault, Json};
use windscreen::level::Explain;
use windscreen::referral::provenance::{CameFrom, RestsOn, Whose, givers, rests_only_on, used};
use windscreen::referral::received::Received;
use windscreen::referral::unfold::Information;
use windscreen::serving::Serving;

/// Of each kind, and of both whom they are about.
const OWN: [(&str, &[&str]); 5] = [
    ("immediate_danger_now", &["true", "false"]),
    ("keeping_safe", &["\"safe\"", "\"some_exposure\"", "\"unable\""]),
    ("previous_contacts_12m", &["0", "2", "5"]),
    ("dash_high_or_marac", &["true", "false"]),
    ("child_age_months", &["3", "100"]),
];
const SHARED: [(&str, &[&str]); 3] = [
    ("engagement", &["\"good\"", "\"poor\"", "\"hostile\""]),
    ("dash_high_or_marac", &["true", "false"]),
    ("s17_help_refused", &["true", "false"]),
];
const BASES: [&str; 4] = ["seen_or_heard", "told_by_the_child", "told_by_another", "from_records"];

/// The same number gives the same referral for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn facts(&mut self, among: &[(&str, &[&str])]) -> Value {
        let mut facts = Map::new();
        for (fact, answers) in among {
            let mut answer = || -> Value { serde_json::from_str(answers[self.roll(answers.len())]).unwrap() };
            let (one, other) = (answer(), answer());
            let said = match self.roll(8) {
                0 => json!("not_known"),
                1 => json!("refused"),
                2 => json!({ "answer": one, "also_said": other }),
                3 | 4 => one,
                _ => continue,
            };
            facts.insert((*fact).to_owned(), said);
        }
        facts.into()
    }

    fn giver(&mut self, mut giver: Value) -> Value {
        if self.roll(3) > 0 {
            giver["basis"] = BASES[self.roll(4)].into();
        }
        if self.roll(3) == 0 {
            (giver["anonymous"], giver["agency"]) = (true.into(), "public".into());
        } else {
            (giver["name"], giver["agency"]) = ("Somebody".into(), "school".into());
        }
        giver
    }

    fn referral(&mut self) -> (Value, Vec<Value>) {
        let mut children: Vec<Value> = ["A", "B"][..=self.roll(2)]
            .iter()
            .map(|reference| json!({ "ref": reference, "facts": self.facts(&OWN) }))
            .collect();
        if self.roll(2) == 0 {
            children[0]["date_of_birth"] = "2020-05-01".into();
        }
        let referral = json!({ "received_at": "2026-11-23T10:30:00Z", "children": children,
                               "referrer": self.giver(json!({ "organisation": "council:example" })),
                               "household": { "facts": self.facts(&SHARED) } });
        let pieces = (0..self.roll(6)).map(|before| {
            let mut piece = json!({ "said_by": self.giver(json!({})), "household": { "facts": self.facts(&SHARED) } });
            piece["children"] = json!([{ "ref": "A", "facts": self.facts(&OWN) }]);
            match self.roll(4) {
                0 => piece["kind"] = "retraction".into(),
                1 => {
                    piece["kind"] = "correction".into();
                    piece["because"] = "a slip".into();
                    piece["corrects"] = (self.roll(before + 1) + 1).into();
                }
                _ => {}
            }
            piece
        });
        let pieces = pieces.collect();
        (referral, pieces)
    }
}

fn read<T>(value: &Value, read: impl Fn(&Json) -> Result<T, Vec<Fault>>) -> T {
    read(&Json::read(value.to_string().as_bytes()).unwrap()).unwrap_or_else(|faults| panic!("{faults:?}: {value:#}"))
}

fn of(referral: &Value, pieces: &[Value]) -> (Received, Vec<Information>) {
    (read(referral, Received::read), pieces.iter().map(|piece| read(piece, Information::read)).collect())
}

fn rules() -> std::sync::Arc<RuleSet> {
    Serving::load("rules".as_ref(), None).unwrap().rules()
}

/// The pieces that speak of a fact, of a child or of the household, by number.
fn speaking<'v>(
    referral: &'v Value,
    pieces: &'v [Value],
    child: &str,
    fact: &str,
    whose: Whose,
) -> Vec<(usize, &'v Value)> {
    let all = std::iter::once(referral).chain(pieces).zip(1..);
    let said = all.filter_map(|(piece, number)| {
        let said = match whose {
            Whose::Household => &piece["household"]["facts"][fact],
            Whose::Child => &piece["children"].as_array()?.iter().find(|told| told["ref"] == child)?["facts"][fact],
        };
        (!said.is_null()).then_some((number, said))
    });
    said.collect()
}

#[test]
fn the_accounts_are_those_that_were_given_and_what_is_used_is_what_is_read() {
    let rules = rules();
    let mut corrected = 0;
    for seed in 0..1_500 {
        let (referral, pieces) = Dice(seed).referral();
        let story = || format!("{seed}: {referral:#} {pieces:#?}");
        let (received, informed) = of(&referral, &pieces);
        let facts = received.referral.unfolded(&informed, &rules).facts(&rules).unwrap();
        let came_from = received.referral.came_from(&informed, &rules);
        assert_eq!(came_from.len(), facts.len());
        for ((told, facts), child) in came_from.iter().zip(&facts).zip(["A", "B"]) {
            // What is used, read alone, is what was read of all of it.
            let alone = |one: &CameFrom| match used(&rules, &one.fact, &one.said) {
                Some(answer) => (one.fact.clone(), Said::Answer(answer.clone())),
                None => (one.fact.clone(), one.said.clone()),
            };
            let said = told.iter().map(alone).collect();
            let read = rules.read(&Answers { concerns: Vec::new(), scope: Scope::Referral, said }, "").unwrap();
            for fact in 0..rules.indicators().len() {
                assert_eq!(read.known(fact), facts.known(fact), "{} {}", rules.indicators()[fact].id, story());
            }
            assert_eq!(read.spoken_of(), facts.spoken_of(), "{}", story());
            for one in told {
                let own = speaking(&referral, &pieces, child, &one.fact, Whose::Child);
                let shared = speaking(&referral, &pieces, child, &one.fact, Whose::Household);
                let given = |whose| -> BTreeSet<usize> {
                    let of = one.accounts.iter().filter(|account| account.about == whose && !account.reckoned);
                    of.map(|account| account.piece).collect()
                };
                let beaten = |piece: &usize| {
                    own.iter().any(|(other, said)| {
                        other == piece && !["not_known", "refused"].contains(&said.as_str().unwrap_or(""))
                    })
                };
                let unbeaten = |piece: &usize| !shared.iter().any(|(other, _)| other == piece) || beaten(piece);
                let all: BTreeSet<usize> = own.iter().map(|(piece, _)| *piece).collect();
                // Within one piece a child's own not known gives way to what is known of the household.
                assert!(given(Whose::Child).is_subset(&all), "{} {}", one.fact, story());
                assert!(
                    all.iter().filter(|piece| unbeaten(piece)).all(|piece| given(Whose::Child).contains(piece)),
                    "{} {}",
                    one.fact,
                    story()
                );
                let all: BTreeSet<usize> = shared.iter().map(|(piece, _)| *piece).collect();
                assert!(given(Whose::Household).is_subset(&all), "{} {}", one.fact, story());
                assert!(
                    all.iter().filter(|piece| !beaten(piece)).all(|piece| given(Whose::Household).contains(piece)),
                    "{} {}",
                    one.fact,
                    story()
                );
                assert!(one.accounts.iter().any(|account| account.is_used), "{} {}", one.fact, story());
                for account in &one.accounts {
                    let Some(by) = account.corrected_by else { continue };
                    corrected += 1;
                    assert!(!account.is_used, "{}", story());
                    assert_eq!(informed[by - 2].corrects, i64::try_from(account.piece).ok(), "{}", story());
                    assert!(
                        one.accounts.iter().any(|other| other.piece == by && other.about == account.about),
                        "{}",
                        story()
                    );
                }
            }
        }
    }
    assert!(corrected > 300, "{corrected}");
}

#[test]
fn whose_words_they_are_and_how_they_know_moves_nothing() {
    let rules = rules();
    let mut thin = 0;
    for seed in 0..600 {
        let (mut referral, mut pieces) = Dice(seed).referral();
        let answered = |referral: &Value, pieces: &[Value]| {
            let (received, informed) = of(referral, pieces);
            let told = received.referral.came_from(&informed, &rules);
            let whose = givers(&received, &informed);
            let facts = |one: &Vec<CameFrom>| {
                one.iter()
                    .filter(|one| rests_only_on(std::slice::from_ref(one), &whose, [one.fact.as_str()]).is_some())
                    .count()
            };
            let thin: usize = told.iter().map(facts).sum();
            let unfolded = received.referral.unfolded(&informed, &rules);
            (serde_json::to_string(&unfolded.evaluate(&rules, Explain::Full).unwrap()).unwrap(), thin)
        };
        let (with, some) = answered(&referral, &pieces);
        thin += some;
        let drop = |giver: &mut Value| {
            let giver = giver.as_object_mut().unwrap();
            giver.retain(|key, _| !["basis", "anonymous", "agency"].contains(&key.as_str()));
            giver.insert("name".into(), "Somebody".into());
        };
        drop(&mut referral["referrer"]);
        pieces.iter_mut().for_each(|piece| drop(&mut piece["said_by"]));
        assert_eq!(answered(&referral, &pieces), (with, 0), "{seed}");
    }
    assert!(thin > 300, "{thin}");
}

#[test]
fn what_rests_only_on_thin_words_says_on_which() {
    let rules = rules();
    let fact = "immediate_danger_now";
    let public = |basis: &str| json!({ "agency": "public", "anonymous": true, "basis": basis });
    let school = |basis: &str| json!({ "agency": "school", "name": "A. Teacher", "basis": basis });
    let (anonymous, third_hand) = (Some(RestsOn::Anonymous), Some(RestsOn::ThirdHand));
    for (first, answer, later, expected) in [
        (public("seen_or_heard"), true, None, anonymous),
        (school("told_by_another"), true, None, third_hand),
        (school("seen_or_heard"), true, None, None),
        (school("told_by_the_child"), true, None, None),
        (json!({ "agency": "school" }), true, None, None),
        // What another says of their own knowledge carries it, and what differs carries nothing.
        (public("seen_or_heard"), true, Some((school("from_records"), true)), None),
        (public("seen_or_heard"), true, Some((school("from_records"), false)), anonymous),
        (school("seen_or_heard"), false, Some((public("told_by_another"), true)), anonymous),
        (public("seen_or_heard"), true, Some((school("told_by_another"), true)), Some(RestsOn::AnonymousAndThirdHand)),
    ] {
        let mut referrer = first.clone();
        referrer["organisation"] = "council:example".into();
        let child = |answer: bool| json!([{ "ref": "A", "facts": { fact: answer } }]);
        let referral = json!({ "referrer": referrer, "children": child(answer) });
        let pieces: Vec<Value> =
            later.iter().map(|(said_by, answer)| json!({ "said_by": said_by, "children": child(*answer) })).collect();
        let (received, informed) = of(&referral, &pieces);
        let told = received.referral.came_from(&informed, &rules);
        let whose = givers(&received, &informed);
        assert_eq!(rests_only_on(&told[0], &whose, [fact, "keeping_safe"]), expected, "{first} {later:?}");
        assert_eq!(rests_only_on(&told[0], &whose, ["keeping_safe"]), None, "nobody spoke of it");
    }
}

#[test]
fn what_says_as_much_in_another_number_carries_it_too() {
    let rules = rules();
    let fact = "missing_episodes_90d";
    for (neighbours, schools, expected) in [(3, 6, None), (6, 3, None), (3, 2, Some(RestsOn::Anonymous))] {
        let referral = json!({ "referrer": { "organisation": "council:example", "agency": "public", "anonymous": true },
                               "children": [{ "ref": "A", "facts": { fact: neighbours } }] });
        let piece = json!({ "said_by": { "agency": "school", "name": "A. Teacher", "basis": "from_records" },
                            "children": [{ "ref": "A", "facts": { fact: schools } }] });
        let (received, informed) = of(&referral, &[piece]);
        let told = received.referral.came_from(&informed, &rules);
        let rests = rests_only_on(&told[0], &givers(&received, &informed), [fact]);
        assert_eq!(rests, expected, "{neighbours} {schools}");
    }
}

#[test]
fn an_age_that_was_reckoned_came_from_whoever_gave_the_date() {
    let rules = rules();
    let referral = json!({ "received_at": "2026-11-23T10:30:00Z", "children": [{ "ref": "A", "date_of_birth": "2020-05-01", "facts": {} }],
                           "referrer": { "organisation": "council:example", "agency": "public", "anonymous": true } });
    let right = json!({ "kind": "correction", "corrects": 1, "because": "the register says so", "said_by": { "agency": "school", "name": "A. Teacher" },
                        "children": [{ "ref": "A", "date_of_birth": "2021-05-01" }] });
    for (pieces, piece, on) in [(vec![], 1, Some(RestsOn::Anonymous)), (vec![right], 2, None)] {
        let (received, informed) = of(&referral, &pieces);
        let told = received.referral.came_from(&informed, &rules);
        let age = told[0].iter().find(|one| one.fact == "child_age_months").unwrap();
        assert!(age.accounts.len() == 1 && age.accounts[0].reckoned && age.accounts[0].piece == piece, "{age:?}");
        assert_eq!(rests_only_on(&told[0], &givers(&received, &informed), ["child_age_months"]), on);
    }
}

#[test]
fn a_professional_does_not_stay_anonymous() {
    let rules = rules();
    for (giver, at, code) in [
        (json!({ "agency": "public", "anonymous": true }), None, ""),
        (json!({ "agency": "family", "anonymous": true }), None, ""),
        // What a partner sent before is taken as before.
        (json!({ "agency": "school" }), None, ""),
        (json!({ "agency": "school", "anonymous": false }), None, ""),
        (json!({ "agency": "school", "anonymous": true }), Some("anonymous"), "not-anonymous"),
        (json!({ "agency": "gp", "anonymous": true }), Some("anonymous"), "not-anonymous"),
        (json!({ "role": "a neighbour", "anonymous": true }), Some("agency"), "missing-key"),
    ] {
        let mut referrer = giver.clone();
        referrer["organisation"] = "council:example".into();
        let referral = json!({ "referrer": referrer, "children": [{ "ref": "A", "facts": {} }] });
        let mut said_by = giver.clone();
        said_by["role"] = "somebody".into();
        let piece = json!({ "said_by": said_by, "account": "Said" });
        let (received, informed) = of(&referral, &[piece]);
        let faults = [
            ("/referrer", received.faults(&rules)),
            ("/said_by", received.referral.faults_of(&informed[0], 1, &rules)),
        ];
        for (whose, faults) in faults {
            let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.clone(), fault.code.word())).collect();
            let expected: Vec<_> = at.iter().map(|at| (format!("{whose}/{at}"), code)).collect();
            assert_eq!(found, expected, "{giver}");
        }
    }
    // Nor does a professional by the code of the source.
    for (code, faults) in [("3A", 1), ("6", 1), ("9", 0), ("1B", 0)] {
        let referrer =
            json!({ "organisation": "council:example", "agency": "public", "source_code": code, "anonymous": true });
        let referral = json!({ "referrer": referrer, "children": [{ "ref": "A", "facts": {} }] });
        let found = read(&referral, Received::read).faults(&rules);
        assert_eq!(found.len(), faults, "{code}: {found:?}");
        assert!(
            found.iter().all(|fault| fault.pointer == "/referrer/source_code" && fault.code.word() == "not-anonymous")
        );
    }
    let faults = |value: Value| {
        let referral = json!({ "referrer": value, "children": [{ "ref": "A", "facts": {} }] });
        let read = Received::read(&Json::read(referral.to_string().as_bytes()).unwrap());
        read.unwrap_err().into_iter().map(|fault| (fault.pointer, fault.code.word())).collect::<Vec<_>>()
    };
    let with = |key: &str, value: Value| json!({ "organisation": "council:example", "name": "A name", key: value });
    assert_eq!(faults(with("anonymous", true.into())), [("/referrer/anonymous".to_owned(), "misplaced-key")]);
    assert_eq!(faults(with("anonymous", "yes".into())), [("/referrer/anonymous".to_owned(), "wrong-type")]);
    assert_eq!(faults(with("basis", "gossip".into())), [("/referrer/basis".to_owned(), "unknown-word")]);
    let calls = |value: Value| {
        let referral = json!({ "referrer": { "organisation": "council:example" }, "call": value, "children": [{ "ref": "A", "facts": {} }] });
        let read = Received::read(&Json::read(referral.to_string().as_bytes()).unwrap());
        read.err().into_iter().flatten().map(|fault| (fault.pointer, fault.code.word())).collect::<Vec<_>>()
    };
    assert_eq!(calls(json!({ "began_at": "2026-11-23T10:30:00Z", "read_back": "corrected" })), []);
    let now = "2026-11-24T10:30:00Z".parse().unwrap();
    for (began, read_back, codes) in [
        ("2026-11-23T10:30:00Z", "2026-11-23T10:40:00Z", &[][..]),
        ("2099-01-01T00:00:00Z", "1999-01-01T00:00:00Z", &["in-the-future", "too-early"][..]),
        ("2026-11-23T10:30:00Z", "2026-11-24T10:31:00Z", &["in-the-future"][..]),
    ] {
        let call = json!({ "began_at": began, "read_back": "confirmed", "read_back_at": read_back });
        let referral = json!({ "referrer": { "organisation": "council:example" }, "call": call, "children": [{ "ref": "A", "facts": {} }] });
        let found = read(&referral, Received::read).call.unwrap().faults(now);
        assert_eq!(found.iter().map(|fault| fault.code.word()).collect::<Vec<_>>(), codes, "{began} {read_back}");
    }
    assert_eq!(
        calls(json!({ "began_at": "yesterday", "read_back": "yes", "read": true })),
        [
            ("/call/began_at".to_owned(), "wrong-type"),
            ("/call/read_back".to_owned(), "unknown-word"),
            ("/call/read".to_owned(), "unknown-key")
        ]
    );
    // How somebody knows does not say who it is.
    let nobody = json!({ "said_by": { "basis": "from_records" }, "account": "Said" });
    let read = Information::read(&Json::read(nobody.to_string().as_bytes()).unwrap());
    assert_eq!(read.unwrap_err()[0].pointer, "/said_by");
}
