//! Telling, disagreeing and giving, through the pages; and that no letter says what it must not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::criteria::entries::About;
use windscreen::criteria::{Kind, RuleSet};
use windscreen::disagreement::{Disagrees, Party};
use windscreen::facts::Answer;
use windscreen::json::Json;
use windscreen::letters::reading_age::reads;
use windscreen::level::Explain;
use windscreen::record::once::Once;
use windscreen::referral::Referral;
use windscreen::referral::received::Received;
use windscreen::referral::unfold::Information;
use windscreen::rules_dir;
use windscreen::serving::now;
use windscreen::transfer::Transfer;

use super::Served;
use super::browser::{Browser, Page, unescaped};
use super::form::rules;
use crate::cases;
use crate::record::{Ask, a_family};

/// A small generator: the same number gives the same referral for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Some answers about a child, or about the household.
fn facts(rules: &RuleSet, dice: &mut Dice, about_child: bool, most: usize) -> Map<String, Value> {
    let mut facts = Map::new();
    for _ in 0..dice.roll(most + 1) {
        // As often as not something that a family may be told.
        let worded: Vec<usize> = rules.letters().needs.keys().copied().collect();
        let any = [dice.roll(rules.indicators().len()), worded[dice.roll(worded.len())]];
        let indicator = &rules.indicators()[any[dice.roll(2)]];
        let theirs = (indicator.about == About::Child) == about_child;
        let told = ["child_age_months", "is_unborn", "gestation_weeks", "family_told"];
        if !theirs || indicator.retired.is_some() || told.contains(&indicator.id.as_str()) {
            continue;
        }
        let class = &indicator.classes[dice.roll(indicator.classes.len())];
        let value = match (&class.answer, &indicator.kind) {
            (Answer::YesNo(yes), _) => json!(yes),
            (Answer::Number(number), _) => json!(number),
            (Answer::Word(word), Kind::Choice | Kind::Number { .. } | Kind::YesNo { .. }) => json!(word),
        };
        facts.insert(indicator.id.clone(), value);
    }
    facts
}

/// A referral of two children by a school, with what others added, some of it unsafe to share.
fn story(rules: &RuleSet, seed: u64) -> (Value, Vec<(&'static str, Value)>) {
    let mut dice = Dice(seed);
    let mut family = a_family();
    family["referrer"]["name"] = json!("Referrername");
    family["household"]["people"] = json!("Peoplename, who lives there");
    family["household"]["facts"] = facts(rules, &mut dice, false, 6).into();
    family["children"] = json!([
        { "ref": "A", "name": "Robin Own", "facts": facts(rules, &mut dice, true, 14), "own_words": "OWNWORDS" },
        { "ref": "B", "name": "Siblingname Own", "facts": facts(rules, &mut dice, true, 14) },
    ]);
    family["unsafe_to_share"] = json!(dice.roll(8) == 0);
    let mut pieces = Vec::new();
    for _ in 0..dice.roll(4) {
        let who = if dice.roll(3) == 0 { "teacher" } else { "triage-worker" };
        let about = ["A", "B"][dice.roll(2)];
        let piece = json!({
            "said_by": { "name": "Saidbyname", "agency": "police" },
            "account": "PIECEACCOUNT",
            "unsafe_to_share": dice.roll(2) == 0,
            "household": { "facts": facts(rules, &mut dice, false, 4) },
            "children": [{ "ref": about, "facts": facts(rules, &mut dice, true, 8) }],
        });
        pieces.push((who, piece));
    }
    (family, pieces)
}

/// Whatever stands in a letter's list, line by line.
fn listed(text: &str) -> BTreeSet<String> {
    text.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect()
}

fn proposed(page: &Page, action: &str) -> Option<String> {
    let form = page.forms().into_iter().find(|form| form.action.contains(action))?;
    form.inputs.into_iter().find(|input| input.name == "text").map(|input| input.value.replace('\r', ""))
}

/// What a referral and some pieces say, as the engine reads them.
fn read(family: &Value, pieces: &[&Value]) -> (Referral, Vec<Information>) {
    let json = |value: &Value| Json::read(value.to_string().as_bytes()).unwrap();
    let received = Received::read(&json(family)).unwrap().referral;
    (received, pieces.iter().map(|piece| Information::read(&json(piece)).unwrap()).collect())
}

/// What a family may be told that a child needs help with, by what was answered of this child or the household in what
/// is not unsafe to share.
fn may_be_told(rules: &RuleSet, family: &Value, pieces: &[(&str, Value)]) -> BTreeSet<String> {
    let mut answered: BTreeSet<String> = BTreeSet::new();
    let mut add =
        |facts: &Value| answered.extend(facts.as_object().into_iter().flat_map(|facts| facts.keys().cloned()));
    if family["unsafe_to_share"] != true {
        add(&family["household"]["facts"]);
        add(&family["children"][0]["facts"]);
        for (_, piece) in pieces.iter().filter(|(_, piece)| piece["unsafe_to_share"] != true) {
            add(&piece["household"]["facts"]);
            if piece["children"][0]["ref"] == "A" {
                add(&piece["children"][0]["facts"]);
            }
        }
    }
    let words = |fact: &String| rules.letters().needs.get(&rules.fact(fact)?).cloned();
    answered.iter().filter_map(words).collect()
}

/// The reasons and questions that follow from a school's own words that are not unsafe to share.
fn own_words(rules: &RuleSet, family: &Value, pieces: &[(&str, Value)]) -> BTreeSet<String> {
    let is_own = |(who, piece): &&(&str, Value)| *who == "teacher" && piece["unsafe_to_share"] != true;
    let own: Vec<&Value> = pieces.iter().filter(is_own).map(|(_, piece)| piece).collect();
    let (referral, pieces) = read(family, &own);
    let mut lines = BTreeSet::new();
    let evaluated =
        serde_json::to_value(referral.unfolded(&pieces, rules).evaluate(rules, Explain::Full).unwrap()).unwrap();
    for child in evaluated["children"].as_array().unwrap() {
        let all = |key: &str| child["evaluation"][key].as_array().unwrap().clone();
        lines.extend(all("reasons").iter().map(|reason| reason["says"].as_str().unwrap().to_owned()));
        lines.extend(all("ask_next").iter().map(|asks| asks["ask"].as_str().unwrap().to_owned()));
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn no_letter_holds_what_is_about_others_or_unsafe_to_share() {
    let served = Served::begin().await;
    let (rules, _) = rules();
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let (mut told, mut withheld, mut oldest) = (0, 0, 0.0_f64);
    for seed in 0..u64::from(24 * cases()) {
        let (family, pieces) = story(&rules, seed);
        let key = |what: &str| format!("{seed} {what}");
        let school = Ask { router: &served.router, who: "school-system" };
        let (status, receipt) = school.post("/v1/referrals", &key("refer"), &family).await;
        assert_eq!(status, StatusCode::CREATED, "{seed}: {receipt:#}");
        let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
        for (number, (who, piece)) in pieces.iter().enumerate() {
            let ask = Ask { router: &served.router, who };
            let (status, answer) = ask.post(&format!("{path}/information"), &key(&number.to_string()), piece).await;
            assert_eq!(status, StatusCode::CREATED, "{seed}: {answer:#}");
        }
        let front = Ask { router: &served.router, who: "manager" };
        let (_, now) = front.get(&path).await;
        for (child, at) in ["A", "B"].into_iter().zip(0..) {
            let level = &now["children"][at]["evaluation"]["at_least"]["rank"];
            let decision = json!({ "child": child, "shown": pieces.len() + 1, "level": level, "view": "agrees",
                                   "outcome": "s17_assessment", "next_holder": { "organisation": "council:example" } });
            let (status, answer) = front.post(&format!("{path}/decisions"), &key(child), &decision).await;
            assert_eq!(status, StatusCode::CREATED, "{seed}: {answer:#}");
        }
        let page = format!("/referrals/{}", receipt["reference"].as_str().unwrap());
        let letter = manager.go(&format!("{page}/children/1/letter")).await;
        let feedback = proposed(&manager.go(&format!("{page}/feedback")).await, "/feedback").unwrap();
        let letter_text = proposed(&letter, "/letter").unwrap();
        withheld += usize::from(letter.html.contains("Do not write to the family"));
        for name in ["Referrername", "Peoplename", "Siblingname", "Saidbyname", "PIECEACCOUNT", "OWNWORDS", "CANARY"] {
            assert!(!letter_text.contains(name), "{seed}: {name} in\n{letter_text}");
            // Whoever referred named the sibling themselves.
            assert!(name == "Siblingname" || !feedback.contains(name), "{seed}: {name} in\n{feedback}");
        }
        let may = may_be_told(&rules, &family, &pieces);
        let lines = listed(&letter_text);
        assert!(lines.is_subset(&may), "{seed}: {lines:?} beside {may:?}");
        told += lines.len();
        // Nothing is said in the words of the criteria, which tell what was found.
        for reason in now["children"][0]["evaluation"]["reasons"].as_array().unwrap() {
            assert!(!letter_text.contains(reason["says"].as_str().unwrap()), "{seed}: {reason:#} in\n{letter_text}");
        }
        let own = own_words(&rules, &family, &pieces);
        for line in listed(&feedback) {
            let known = own.iter().any(|words| line == *words || line.starts_with(&format!("{words} (")));
            assert!(known, "{seed}: {line} does not follow from their own words");
        }
        oldest = oldest.max(reads(&letter_text).unwrap().age);
    }
    assert!(told > 30 && withheld > 2, "the test looks at something: {told} needs, {withheld} withheld");
    assert!(oldest <= 12.0, "a letter reads at {oldest:.1} years");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_proposed_looked_at_sent_and_printed() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "school-system" };
    let (_, receipt) = ask.post("/v1/referrals", "1", &a_family()).await;
    let id = receipt["id"].as_str().unwrap();
    let page = format!("/referrals/{}", receipt["reference"].as_str().unwrap());
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    // Before a decision there is nothing to tell.
    assert!(triage.go(&format!("{page}/children/1/letter")).await.html.contains("There is nothing to tell now"));
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let (status, _) = Ask { router: &served.router, who: "manager" }
        .post(&format!("/v1/referrals/{id}/decisions"), "2", &decision)
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let list = triage.go("/to-tell").await;
    let list_html = unescaped(&list.html);
    assert!(
        list_html.contains(&format!("{page}/children/1/letter")) && list_html.contains(&format!("{page}/feedback")),
        "{}",
        list.html
    );
    let form = triage.go(&format!("{page}/children/1/letter")).await.form("/letter");
    let fill = |more: &[(&str, &str)]| {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    // Looked at: nothing is recorded, and what was typed stands.
    let text = "Dear all,\r\n\r\nWhy\r\n\r\nTeacher told us.";
    let looked = triage.submit(&form, &fill(&[("do", "look"), ("text", text), ("name", "The parents")])).await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(
        looked.html.contains("How it will read") && looked.html.contains("It names somebody else: Teacher."),
        "{}",
        looked.html
    );
    assert!(looked.html.contains("value=\"The parents\""));
    // Without an address that is known to be safe it cannot be sent.
    let refused = triage.submit(&looked.form("/letter"), &fill(&[("do", "send"), ("way", "post")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for says in [
        "Without an address it cannot be sent",
        "Without that the letter cannot be sent",
        "The letter names somebody else: Teacher",
    ] {
        assert!(refused.html.contains(says), "{says}: {}", refused.html);
    }
    let whole = fill(&[
        ("do", "send"),
        ("way", "post"),
        ("address", "1 Invented Street"),
        ("safe", "ASKED"),
        ("safe_words", "Their mother"),
        ("text", "We would like to help.\r\n\r\nThe council"),
    ]);
    let printed = triage.submit(&refused.form("/letter"), &whole).await;
    assert_eq!(printed.status, StatusCode::OK);
    assert!(
        printed.html.contains("We would like to help.") && printed.html.contains("1 Invented Street"),
        "{}",
        printed.html
    );
    // Sent once more by the same page it is the same letter.
    let again = triage.submit(&refused.form("/letter"), &whole).await;
    assert_eq!(again.path, printed.path);
    // The family's letter is not for the school; its own feedback is.
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    assert_eq!(teacher.go(&printed.path).await.status, StatusCode::NOT_FOUND);
    let form = triage.go(&format!("{page}/feedback")).await.form("/feedback");
    let sent = triage.submit(&form, &fill(&[("do", "send"), ("way", "here"), ("name", "A. Teacher")])).await;
    assert!(sent.html.contains("Thank you for your referral."), "{}", sent.html);
    assert!(teacher.go(&sent.path).await.html.contains("Thank you for your referral."));
    assert!(teacher.go(&page).await.html.contains("told to be read here"));
    assert!(triage.go("/to-tell").await.html.contains("Everybody was told."));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_professional_is_thanked_and_told_no_more() {
    let served = Served::begin().await;
    let mut family = a_family();
    family["referrer"] = json!({ "organisation": "council:example", "agency": "public", "source_code": "9" });
    let triage = Ask { router: &served.router, who: "triage-worker" };
    let (_, receipt) = triage.post("/v1/referrals", "1", &family).await;
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let decisions = format!("/v1/referrals/{}/decisions", receipt["id"].as_str().unwrap());
    let (status, _) = Ask { router: &served.router, who: "manager" }.post(&decisions, "2", &decision).await;
    assert_eq!(status, StatusCode::CREATED);
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let page = browser.go(&format!("/referrals/{}/feedback", receipt["reference"].as_str().unwrap())).await;
    let text = proposed(&page, "/feedback").unwrap();
    assert!(
        text.contains("To keep the family's life private") && !text.contains("Invented") && !text.contains("evel"),
        "{text}"
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feedback_rests_on_what_whoever_referred_said_themselves() {
    let served = Served::begin().await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let manager = Ask { router: &served.router, who: "manager" };
    let (school, council) = ("school:example-primary", "council:example");
    // Who refers in whose name; who adds something, and whether it is unsafe to share; whether it is in the feedback, and
    // whether that says that the decision rests on more.
    for (number, (refers, organisation, adds, unsafe_to_share, is_told, rests_on_more)) in [
        ("school-system", school, "teacher", false, true, false),
        ("school-system", school, "teacher", true, false, true),
        ("school-system", school, "triage-worker", false, false, true),
        // A person decides higher on what the school said alone.
        ("school-system", school, "nobody", false, false, false),
        // By telephone.
        ("call-taker", school, "teacher", false, true, false),
        ("call-taker", school, "triage-worker", false, false, true),
        // By telephone, and of no organisation: the call taker's own stands in its place.
        ("call-taker", council, "triage-worker", false, false, true),
    ]
    .into_iter()
    .enumerate()
    {
        let key = |what: &str| format!("{number} {what}");
        let mut family = a_family();
        family["referrer"]["organisation"] = json!(organisation);
        let refers = Ask { router: &served.router, who: refers };
        let (status, receipt) = refers.post("/v1/referrals", &key("refers"), &family).await;
        assert_eq!(status, StatusCode::CREATED, "{number}: {receipt:#}");
        let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
        let hungry = json!({ "kind": "check", "said_by": { "agency": "police" }, "unsafe_to_share": unsafe_to_share,
                             "children": [{ "ref": "A", "facts": { "often_hungry": true } }] });
        if adds != "nobody" {
            let adds = Ask { router: &served.router, who: adds };
            let (status, answer) = adds.post(&format!("{path}/information"), &key("adds"), &hungry).await;
            assert_eq!(status, StatusCode::CREATED, "{number}: {answer:#}");
        }
        let (_, now) = manager.get(&path).await;
        let decision = json!({ "child": "A", "shown": now["said"].as_array().unwrap().len(), "level": 5,
                               "view": "decides_higher", "reason": { "code": "KNOWN", "says": "Known here" },
                               "outcome": "strategy_discussion", "next_holder": { "organisation": "council:example" } });
        let (status, answer) = manager.post(&format!("{path}/decisions"), &key("decides"), &decision).await;
        assert_eq!(status, StatusCode::CREATED, "{number}: {answer:#}");
        let page = browser.go(&format!("/referrals/{}/feedback", receipt["reference"].as_str().unwrap())).await;
        let text = proposed(&page, "/feedback").unwrap();
        let reasons = now["children"][0]["evaluation"]["reasons"].as_array().unwrap();
        let hungry = reasons.iter().find(|reason| reason["id"] == "often_hungry");
        assert_eq!(hungry.is_some(), adds != "nobody", "{number}: {reasons:#?}");
        let told = hungry.is_some_and(|reason| listed(&text).contains(reason["says"].as_str().unwrap()));
        let says_more = text.contains("also rests on what we cannot share with you");
        assert_eq!((told, says_more), (is_told, rests_on_more), "{number}: {text}");
    }
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_and_why_nobody_is_told_are_not_recorded_together() {
    let served = Served::begin().await;
    let ask = Ask { router: &served.router, who: "school-system" };
    let (_, receipt) = ask.post("/v1/referrals", "1", &a_family()).await;
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let decisions = format!("/v1/referrals/{}/decisions", receipt["id"].as_str().unwrap());
    let (status, _) = Ask { router: &served.router, who: "manager" }.post(&decisions, "2", &decision).await;
    assert_eq!(status, StatusCode::CREATED);
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let letter = format!("/referrals/{}/children/1/letter", receipt["reference"].as_str().unwrap());
    let form = triage.go(&letter).await.form("/letter");
    let fill = |more: &[(&str, &str)]| {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let both = [
        ("way", "post"),
        ("name", "The parents"),
        ("address", "1 Invented Street"),
        ("safe", "ASKED"),
        ("safe_words", "Their mother"),
        ("text", "We would like to help."),
        ("withheld", "RISK"),
        ("withheld_words", "Somebody else opens the post"),
    ];
    let refused = triage.submit(&form, &fill(&[&both[..], &[("do", "send")]].concat())).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("Either a letter is sent, or nobody is told"), "{}", refused.html);
    let form = refused.form("/letter");
    for (name, value) in both {
        let stands = |input: &super::browser::Input| {
            input.name == name && input.value == value && (input.kind != "radio" || input.is_chosen)
        };
        assert!(form.inputs.iter().any(stands), "{name} is kept: {}", refused.html);
    }
    assert!(unescaped(&triage.go("/to-tell").await.html).contains(&letter), "nothing was recorded");
    let withheld = triage.submit(&form, &fill(&[("way", "not_sent"), ("do", "send")])).await;
    assert_eq!(withheld.status, StatusCode::OK, "{}", withheld.html);
    assert!(!unescaped(&triage.go("/to-tell").await.html).contains(&letter));
    served.end().await;
}

/// A referral, and where somebody of each kind disagrees with what was decided about it.
async fn disagreed(served: &Served, parties: &[&str]) -> (Value, Vec<String>) {
    let school = Ask { router: &served.router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", &parties.concat(), &a_family()).await;
    let path = format!("/referrals/{}", receipt["reference"].as_str().unwrap());
    let level = &receipt["children"][0]["evaluation"]["at_least"]["rank"];
    let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let triage = Ask { router: &served.router, who: "triage-worker" };
    let (status, decided) = triage.post(&format!("/v1{path}/decisions"), &path, &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let mut at = Vec::new();
    for party in parties {
        let disagrees = json!({ "decision": decided["id"], "party": party, "says": "It is not so." });
        let all = format!("{path}/disagreements");
        let (status, answer) = triage.post(&format!("/v1{all}"), &format!("{all} {party}"), &disagrees).await;
        assert_eq!(status, StatusCode::CREATED, "{answer:#}");
        at.push(format!("{all}/{}", answer["id"].as_str().unwrap()));
    }
    (receipt, at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disagreement_that_cannot_be_read_hides_no_other() {
    let rules = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"));
    let folder = tempfile::TempDir::new().unwrap();
    for file in rules_dir::read(rules).unwrap() {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let more = if file.path == "framework.yaml" { "# The same rules by another digest.\n" } else { "" };
        std::fs::write(path, [&file.bytes[..], more.as_bytes()].concat()).unwrap();
    }
    let served = Served::with_rules(folder.path()).await;
    let (damaged, hidden) = disagreed(&served, &["family"]).await;
    let served = served.with_rules_again(rules).await;
    // Of one referral one is upheld, while another waits for its answer.
    let (_, at) = disagreed(&served, &["referrer", "family"]).await;
    let upheld = json!({ "ruling": "upheld", "says": "You are right." });
    let triage = Ask { router: &served.router, who: "triage-worker" };
    let (status, answer) = triage.post(&format!("/v1{}/answers", at[1]), "upheld", &upheld).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let Served { router, record, kept } = served;
    let digest = damaged["children"][0]["evaluation"]["rule_set"]["digest"].as_str().unwrap().to_owned();
    let without_its_rules = move || {
        drop((router, record));
        let db = rusqlite::Connection::open(kept.folder().join("windscreen.db")).unwrap();
        assert_eq!(db.execute("DELETE FROM rule_set WHERE digest = ?1", [digest]).unwrap(), 1);
        drop(db);
        Served { router: Router::new(), record: kept.open(), kept }
    };
    let served = tokio::task::spawn_blocking(without_its_rules).await.unwrap().with_rules_again(rules).await;
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let page = browser.go("/disagreements").await;
    let html = unescaped(&page.html);
    let places: Vec<_> = at.iter().map(|at| html.find(at.as_str())).collect();
    assert!(places[0].is_some() && places[0] < places[1], "who waits comes first: {html}");
    let says = format!("could not be read just now: {}", damaged["reference"].as_str().unwrap());
    assert!(html.contains(&says) && !html.contains(&hidden[0]), "{html}");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disagreement_goes_through_its_stages_on_the_pages() {
    let served = Served::begin().await;
    let school = Ask { router: &served.router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
    let page = format!("/referrals/{}", receipt["reference"].as_str().unwrap());
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].as_u64().unwrap();
    let decision = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                           "next_holder": { "organisation": "council:example" } });
    let decisions = format!("/v1/referrals/{}/decisions", receipt["id"].as_str().unwrap());
    let (status, _) = Ask { router: &served.router, who: "triage-worker" }.post(&decisions, "2", &decision).await;
    assert_eq!(status, StatusCode::CREATED);
    let fill = |more: &[(&str, &str)]| {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    let form = teacher.go(&format!("{page}/children/1/disagreement")).await.form("/disagreement");
    let empty = teacher.submit(&form, &fill(&[])).await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.html.contains("Say what they do not agree with"));
    let said =
        teacher.submit(&form, &fill(&[("says", "He is hungry."), ("level", "4"), ("about", "basic_care")])).await;
    assert!(said.html.contains("Whoever referred disagrees"), "{}", said.html);
    let one = said.between(&format!("href=\"{}&#x2f;disagreements&#x2f;", page.replace('/', "&#x2f;")), "\"").unwrap();
    let at = format!("{page}/disagreements/{one}");
    // Both views, side by side; the first stage is for whoever decided.
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    assert!(unescaped(&triage.go("/disagreements").await.html).contains(&at));
    let shown = triage.go(&at).await;
    assert!(
        shown.html.contains("He is hungry.") && shown.html.contains(&format!("<strong>Level {level}</strong>")),
        "{}",
        shown.html
    );
    let answered = triage
        .submit(&shown.form("/disagreements/"), &fill(&[("ruling", "not_upheld"), ("says", "A club helps.")]))
        .await;
    assert!(answered.html.contains("The decision stands (answered for the person who decided)"), "{}", answered.html);
    let further = teacher.go(&at).await;
    assert!(further.html.contains("A club helps."));
    let further = teacher.submit(&further.form("/disagreements/"), &fill(&[("says", "It does not.")])).await;
    assert!(
        further.html.contains("Not accepted: goes on to a manager") && !further.html.contains("Record the answer"),
        "{}",
        further.html
    );
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let shown = manager.go(&at).await;
    let upheld = manager
        .submit(&shown.form("/disagreements/"), &fill(&[("ruling", "upheld_in_part"), ("says", "Partly.")]))
        .await;
    assert!(upheld.html.contains("They are right in part (answered for a manager)"), "{}", upheld.html);
    // It is decided again; whoever reviews the rules sees the criterion, and no child.
    assert!(triage.go(&page).await.html.contains("Decide again about Invented Child"));
    let mut author = Browser::signed_in(&served.router, "rule-author").await;
    let review = author.go("/rule-review").await;
    assert!(
        review.html.contains("basic_care")
            && !review.html.contains("Invented Child")
            && !review.html.contains("hungry"),
        "{}",
        review.html
    );
    assert_eq!(author.go(&at).await.status, StatusCode::FORBIDDEN);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_family_disputes_stands_beside_it_and_lowers_nothing() {
    let served = Served::begin().await;
    let mut family = a_family();
    family["children"] = json!([{ "ref": "A", "name": "Invented Child", "facts": { "often_hungry": true, "basic_care": "struggling" } }]);
    let (_, receipt) = Ask { router: &served.router, who: "school-system" }.post("/v1/referrals", "1", &family).await;
    let before = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let page = format!("/referrals/{}", receipt["reference"].as_str().unwrap());
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    let form = triage.go(&format!("{page}/information?topic=neglect_and_care")).await.form("/information");
    let fill = |more: &[(&str, &str)]| {
        more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let whole = [
        ("kind", "disputed"),
        ("said_by.name", "Their mother"),
        ("account", "There is always food."),
        ("child.1.fact.often_hungry", "no"),
    ];
    let refused = triage.submit(&form, &fill(&whole)).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.html.contains("names the piece"),
        "{}",
        refused.html
    );
    let whole: Vec<_> = whole.into_iter().chain([("corrects", "1")]).collect();
    let shown = triage.submit(&refused.form("/information"), &fill(&whole)).await;
    assert!(shown.html.contains("Entry 2 says that this is wrong, from Their mother"), "{}", shown.html);
    let (_, read) = Ask { router: &served.router, who: "triage-worker" }.get(&format!("/v1{page}")).await;
    assert_eq!(read["children"][0]["evaluation"]["at_least"]["rank"], before);
    assert!(read["children"][0]["evaluation"]["conflicts"].to_string().contains("often_hungry"), "both accounts stand");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_is_given_as_it_was_reviewed() {
    let served = Served::begin().await;
    let (_, receipt) =
        Ask { router: &served.router, who: "school-system" }.post("/v1/referrals", "1", &a_family()).await;
    let page = format!("/referrals/{}", receipt["reference"].as_str().unwrap());
    let mut manager = Browser::signed_in(&served.router, "manager").await;
    let form = manager.go(&format!("{page}/children/1/disclosure")).await.form("/disclosure");
    // About the child alone is chosen; about all else nothing is, and nothing is given unseen.
    let refused = manager.submit(&form, &[("to".into(), "Their mother".into())]).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY
            && refused.html.contains("Say what is done with: The account of whoever referred")
    );
    assert!(!refused.html.contains("Say what is done with: Who the child is"));
    let chosen = |input: &super::browser::Input| {
        let (does, index) = input.name.split_once('.')?;
        let is_open = does == "does" && input.value.is_empty();
        is_open.then(|| (format!("does.{index}"), "none.THIRD".to_owned()))
    };
    let mut filled: Vec<(String, String)> = form.inputs.iter().filter_map(chosen).collect();
    filled.retain(|(name, _)| name != "does.own_words");
    filled.extend([("to".into(), "Their mother".into()), ("does.own_words".into(), "all".into())]);
    let printed = manager.submit(&form, &filled).await;
    assert_eq!(printed.status, StatusCode::OK);
    assert!(printed.html.contains("CANARY-WORDS") && !printed.html.contains("CANARY-ACCOUNT"), "{}", printed.html);
    assert!(!printed.html.contains("CANARY-PEOPLE") && printed.html.contains("The law lets us leave some things out"));
    let mut triage = Browser::signed_in(&served.router, "triage-worker").await;
    assert_eq!(triage.go(&printed.path).await.status, StatusCode::FORBIDDEN);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unsafe_stays_so_in_another_area() {
    let served = Served::begin().await;
    let mut family = a_family();
    family["children"][0]["facts"] = json!({ "forced_marriage_or_honour_risk": true });
    let (_, receipt) = Ask { router: &served.router, who: "school-system" }.post("/v1/referrals", "1", &family).await;
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    let piece = json!({ "said_by": { "role": "aunt" }, "account": "She told me.", "unsafe_to_share": true });
    let triage = Ask { router: &served.router, who: "triage-worker" };
    let (status, answer) = triage.post(&format!("{path}/information"), "2", &piece).await;
    assert_eq!(status, StatusCode::CREATED, "{answer:#}");
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let decision = json!({ "child": "A", "shown": 2, "level": level, "view": "agrees", "outcome": "another_authority",
                           "next_holder": { "organisation": "council:there", "told": "What is handed over" } });
    let (status, decided) = triage.post(&format!("{path}/decisions"), "3", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let reference = receipt["reference"].as_str().unwrap();
    let at = format!("/referrals/{reference}/decisions/{}/transfer", decided["id"].as_str().unwrap());
    let file = browser.get(&at).await.html;
    let (text, _) = Transfer::opened(&file).unwrap();
    let (rules, _) = rules();
    let request = Transfer::read(&text).unwrap().request(&rules, now());
    assert_eq!((&request["family_told"], &request["unsafe_to_share"]), (&json!("unsafe_to_tell"), &json!(true)));
    let file: Value = serde_json::from_str(&file).unwrap();
    let about = &file["referral"];
    assert_eq!(
        (&about["family_told"], &about["unsafe_to_share"]),
        (&json!("unsafe_to_tell"), &json!(true)),
        "{file:#}"
    );
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_says_so() {
    let served = Served::begin().await;
    let mut family = a_family();
    family["received_at"] = json!("2026-11-02T10:30:00Z");
    let (_, receipt) = Ask { router: &served.router, who: "school-system" }.post("/v1/referrals", "1", &family).await;
    let level = receipt["children"][0]["evaluation"]["at_least"]["rank"].clone();
    let wanted = json!({ "child": "A", "shown": 1, "level": level, "view": "agrees", "outcome": "early_help",
                         "next_holder": { "organisation": "council:example" } });
    let (record, id) = (Arc::clone(&served.record), receipt["id"].as_str().unwrap().to_owned());
    let long_ago = move || {
        let may = |what| permit(demonstration("manager").unwrap(), what).unwrap();
        let (decides, disagrees) = (may(Operation::Decide), may(Operation::Disagree));
        let then = "2026-11-02T12:00:00Z".parse().unwrap();
        let wanted = serde_json::from_value(wanted).unwrap();
        let once = |permit, key| Once::new(permit, key, key, b"");
        let decided = record.decide(&decides, &id, wanted, once(&decides, "decides"), then).unwrap();
        let decided = record.answered(decided.wait_here().unwrap()).unwrap();
        let says = Disagrees {
            decision: decided.leaf.id,
            party: Party::Family,
            name: None,
            level: None,
            about: None,
            says: "We need no help.".into(),
        };
        let once = once(&disagrees, "disagrees");
        record.disagree(&disagrees, &id, says, once, then).unwrap().wait_here().unwrap();
    };
    tokio::task::spawn_blocking(long_ago).await.unwrap();
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    for (path, count) in [("/to-tell", 2), ("/disagreements", 1)] {
        let page = browser.go(path).await;
        assert_eq!(page.html.matches("<span class=\"ws-overdue\">overdue</span>").count(), count, "{}", page.html);
    }
    served.end().await;
}

/// Every letter that can be proposed, whatever the level, the outcome and the needs, reads at about twelve.
#[test]
fn every_letter_reads_at_twelve_or_younger() {
    use windscreen::decision::Outcome;
    use windscreen::letters::FamilyLetter;
    let (rules, _): (Arc<RuleSet>, _) = rules();
    let all: Vec<String> = rules.letters().needs.keys().map(|fact| rules.indicators()[*fact].id.clone()).collect();
    let outcomes = [
        Outcome::NoFurtherAction,
        Outcome::Advice,
        Outcome::EarlyHelp,
        Outcome::S17Assessment,
        Outcome::StrategyDiscussion,
        Outcome::AllocatedWorker,
        Outcome::AnotherAuthority,
        Outcome::EmergencyDutyTeam,
    ];
    for level in 1..=rules.ladder().highest() {
        for outcome in outcomes {
            for needs in [Vec::new(), all.iter().map(String::as_str).collect(), vec![all[0].as_str(), "unlisted"]] {
                let letter = FamilyLetter {
                    rules: &rules,
                    council: "Example Council",
                    phone: "01632 960001",
                    child: Some("Robin"),
                    level,
                    outcome,
                    facts: needs,
                };
                let reads = reads(&letter.text()).unwrap();
                assert!(reads.age <= 12.0 && reads.longest <= 25, "{reads:?}:\n{}", letter.text());
            }
        }
    }
}
