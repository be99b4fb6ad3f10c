//! A calibration round as a story: opened by the board, rated blind by thirty people of five agencies, one of whose
//! questions is misread and one of whose agencies sees higher levels; what is told of it once it is over.

use axum::http::StatusCode;
use indexmap::IndexMap;
use serde_json::Value;
use windscreen::access::{Operation, demonstration, permit};
use windscreen::calibration::{Rating, Round, Vignette};
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::decision::{Actor, Role};
use windscreen::examples::read_examples;
use windscreen::facts::Answer;
use windscreen::form::chosen_of;
use windscreen::rules_dir;
use windscreen::serving::now;

use super::Served;
use super::browser::{Browser, Page, unescaped};

/// The agencies of the generated raters, six of each; of the last, people see higher levels.
const AGENCIES: [&str; 5] = ["school:oak", "icb:example", "council:example", "housing:example", "police:example"];

/// A small generator, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn files() -> Vec<RuleFile> {
    rules_dir::read(concat!(env!("CARGO_MANIFEST_DIR"), "/rules").as_ref()).unwrap()
}

/// Twelve of the rule set's vignettes, as the page that opens a round lists them.
fn twelve(rules: &RuleSet) -> Vec<Vignette> {
    let file = files().into_iter().find(|file| file.path.ends_with("/vignettes_test.yaml")).unwrap();
    let entries = read_examples(&[file]).entries;
    let vignettes: Vec<Vignette> = entries.iter().filter_map(|(_, one)| Vignette::of(one, rules)).take(12).collect();
    assert_eq!(vignettes.len(), 12, "every vignette of the default rule set can be rated");
    vignettes
}

/// The question that is asked of most of them, which is to be misread.
fn often_asked(rules: &RuleSet, vignettes: &[Vignette]) -> String {
    let mut counts: IndexMap<String, usize> = IndexMap::new();
    for fact in vignettes.iter().flat_map(|one| one.asked(rules)) {
        *counts.entry(rules.indicators()[fact].id.clone()).or_default() += 1;
    }
    let most = counts.iter().max_by_key(|(id, count)| (**count, std::cmp::Reverse((*id).clone())));
    most.map(|(id, _)| id.clone()).unwrap()
}

/// Another answer than the one meant.
fn another(rules: &RuleSet, id: &str, meant: &Value, dice: &mut Dice) -> Value {
    let indicator = &rules.indicators()[rules.fact(id).unwrap()];
    let mut answers: Vec<Value> = vec!["not_known".into()];
    answers.extend(indicator.classes.iter().filter(|class| class.retired.is_none()).map(|class| match &class.answer {
        Answer::YesNo(yes) => Value::from(*yes),
        Answer::Number(number) => Value::from(*number),
        Answer::Word(word) => Value::from(word.as_str()),
    }));
    answers.retain(|answer| answer != meant);
    answers[usize::try_from(dice.roll(answers.len() as u64)).unwrap()].clone()
}

/// What a generated rater says of a vignette: mostly what it means; one question misread by most; of the police,
/// a level more than the criteria indicate, often.
fn generated(
    rules: &RuleSet,
    round: &Round,
    place: usize,
    organisation: &str,
    misread: &str,
    dice: &mut Dice,
) -> Rating {
    let vignette = &round.vignettes[place];
    let mut answers = IndexMap::new();
    for fact in vignette.asked(rules) {
        let id = &rules.indicators()[fact].id;
        let meant = &vignette.facts[id];
        let is_other = if id == misread { dice.roll(100) < 60 } else { dice.roll(100) < 4 };
        let answer = if is_other { another(rules, id, meant, dice) } else { meant.clone() };
        answers.insert(id.clone(), answer);
    }
    let (least, most) = vignette.indicated(rules, &answers).unwrap();
    let level = if dice.roll(2) == 0 { least } else { most };
    let is_higher = organisation.starts_with("police") && dice.roll(100) < 50;
    let level = if is_higher { (most + 1).min(rules.ladder().highest()) } else { level };
    Rating { vignette: place, answers, level: (dice.roll(50) > 0).then_some(level) }
}

fn filled(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// As the story means it, in a browser.
async fn rate_as_meant(browser: &mut Browser, page: Page, path: &str, vignette: &Vignette, level: &str) -> Page {
    let form = page.form(path);
    let mut answers: Vec<(String, String)> = vec![("level".into(), level.into())];
    for (id, answer) in &vignette.facts {
        let key = format!("child.story.fact.{id}");
        let is_number = form.inputs.iter().any(|input| input.name == format!("{key}.instead"));
        let chosen = chosen_of(answer);
        match is_number && chosen.parse::<i64>().is_err() {
            true => answers.push((format!("{key}.instead"), chosen)),
            false if form.inputs.iter().any(|input| input.name == key) => answers.push((key, chosen)),
            false => {}
        }
    }
    browser.submit(&form, &answers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_opened_rated_blind_and_names_the_misread_question_first() {
    let served = Served::begin().await;
    let rules = load(&files()).rule_set.unwrap();
    let vignettes = twelve(&rules);
    let misread = often_asked(&rules, &vignettes);

    let mut auditor = Browser::signed_in(&served.router, "auditor").await;
    let page = auditor.go("/calibration").await;
    assert!(page.html.contains("No round has been opened yet"), "{}", page.html);
    let page = auditor.go("/calibration/new").await;
    let form = page.form("/calibration/new");
    let key = form.inputs.iter().find(|input| input.value == vignettes[0].id).unwrap().name.clone();
    let until = now().in_tz("Europe/London").unwrap().date().tomorrow().unwrap();
    let (day, month, year) = (until.day().to_string(), until.month().to_string(), until.year().to_string());
    let dated = [("title", "First round"), ("until-day", &day), ("until-month", &month), ("until-year", &year)];
    let page = auditor.submit(&form, &[]).await;
    for wrong in ["Enter what the round is called", "Enter the last day", "Choose at least one example"] {
        assert!(page.html.contains(wrong), "all at once: {wrong}: {}", page.html);
    }
    let page = auditor.submit(&form, &filled(&dated)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("Choose at least one example"), "{}", page.html);
    let mut wanted = filled(&dated);
    wanted.push(("pasted".into(), "examples:\n  - id: x\n    story: No facts\n".into()));
    let page = auditor.submit(&form, &wanted).await;
    assert!(unescaped(&page.html).contains("`x` is not of one child"), "{}", page.html);
    // Other examples are shown when somebody wants to see them, and what was typed stays.
    let mut wanted = filled(&dated);
    wanted.extend(filled(&[("files", "online"), ("do", "show"), ("pasted", "")]));
    let page = auditor.submit(&form, &wanted).await;
    let shown = page.form("/calibration/new");
    assert!(!form.inputs.iter().any(|input| input.name == "examples.online"), "{form:?}");
    assert!(shown.inputs.iter().any(|input| input.name == "examples.online"), "{}", page.html);
    assert!(shown.inputs.iter().any(|input| input.value == "First round"), "{}", page.html);
    let mut wanted = filled(&dated);
    wanted.extend(vignettes.iter().map(|one| (key.clone(), one.id.clone())));
    let page = auditor.submit(&form, &wanted).await;
    assert!(page.html.contains("0 people have begun"), "{}", page.html);
    let id = served.record.rules_told().unwrap().rounds[0].id.clone();
    let home = format!("/calibration/{id}");
    let round = served.record.rules_told().unwrap().rounds[0].round.clone();
    assert_eq!(round.vignettes, vignettes, "in the order of the file, as they are there");

    // Two people in a browser: one child after the other, and nothing says what is indicated or what others said.
    for who in ["teacher", "social-worker"] {
        let mut rater = Browser::signed_in(&served.router, who).await;
        let page = rater.go("/calibration").await;
        assert!(unescaped(&page.html).contains(&home), "{}", page.html);
        let page = rater.go(&home).await;
        assert!(page.html.contains("12 of 12 are left for you"), "{}", page.html);
        let path = format!("{home}/1");
        let page = rater.go(&path).await;
        let page = rater.submit(&page.form(&path), &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.html.contains("choose that the story does not say"), "{}", page.html);
        let mut page = rater.go(&path).await;
        for (place, vignette) in vignettes.iter().enumerate() {
            let shown = unescaped(&page.html);
            assert!(shown.contains(&vignette.story) && !shown.contains(&vignette.id), "{shown}");
            assert!(!shown.contains("indicate:") && !shown.contains("Asked, and would not say"), "{shown}");
            let level = vignette.meant(&rules).unwrap().0.to_string();
            page = rate_as_meant(&mut rater, page, &format!("{home}/{}", place + 1), vignette, &level).await;
        }
        assert!(page.html.contains("You have rated every child"), "{}", page.html);
        // What one said oneself is there again, to be changed.
        let again = rater.go(&path).await;
        assert!(again.form(&path).inputs.iter().any(|input| input.name == "level" && input.is_chosen));
        assert_eq!(rater.get(&format!("{home}/files/ratings.csv")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(rater.get("/calibration/new").await.status, StatusCode::FORBIDDEN);
    }
    let mut dice = Dice(9);
    for number in 0..28 {
        let organisation = AGENCIES[number % AGENCIES.len()];
        let by = Actor {
            id: format!("rater-{number}"),
            name: format!("Rater {number}"),
            role: Role::Practitioner,
            organisation: organisation.into(),
        };
        let permit = permit(by, Operation::Rate).unwrap();
        for place in 0..vignettes.len() {
            let rating = generated(&rules, &round, place, organisation, &misread, &mut dice);
            let record = std::sync::Arc::clone(&served.record);
            let (permit, id) = (permit.clone(), id.clone());
            tokio::task::spawn_blocking(move || record.rate(&permit, &id, rating, now()).unwrap()).await.unwrap();
        }
    }
    let page = auditor.go(&home).await;
    assert!(page.html.contains("30 people have begun, of whom 30 rated every child"), "{}", page.html);
    assert!(!page.html.contains("AC2"), "nothing is told before the end");
    let page = auditor.submit(&page.form(&format!("{home}/close")), &[]).await;
    assert!(page.html.len() < 60 * 1024, "{}", page.html.len());
    let told = unescaped(&page.html);
    let ask = &rules.indicators()[rules.fact(&misread).unwrap()].ask;
    assert!(told.contains(&format!("The question that people read most differently: “{ask}”")), "{told}");
    assert!(!told.contains("Rater 1") && !told.contains("rater-1"), "who said what is told to nobody");

    // The figures on the page follow from the ratings as they are given away.
    let results = served.record.round_results(&id, now()).unwrap();
    let csv = auditor.get(&format!("{home}/files/ratings.csv")).await;
    let mut reader = csv::Reader::from_reader(csv.html.as_bytes());
    let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 360);
    let mut shares = Vec::new();
    for vignette in &vignettes {
        let levels: Vec<&str> =
            rows.iter().filter(|row| row[2] == vignette.id && !row[3].is_empty()).map(|row| &row[3]).collect();
        let pairs = || (0..levels.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let same = pairs().filter(|(a, b)| levels[*a] == levels[*b]).count();
        shares.push(same as f64 / pairs().count() as f64);
    }
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!((results.levels.same.unwrap() - mean).abs() < 1e-9);
    assert!(told.contains(&format!("saw the same level in {:.0} % of pairs", 100.0 * mean)), "{told}");
    let column = heads.iter().position(|head| *head == misread).unwrap();
    let asked: Vec<&Vignette> = vignettes.iter().filter(|one| one.facts.contains_key(&misread)).collect();
    let as_meant = rows.iter().filter(|row| {
        let vignette = asked.iter().find(|one| one.id == row[2]);
        vignette.is_some_and(|one| {
            one.facts[&misread].as_str().map_or(one.facts[&misread].to_string(), str::to_owned) == row[column]
        })
    });
    let first = &results.questions[0];
    assert_eq!(
        (first.fact.as_str(), first.answers, first.as_meant),
        (misread.as_str(), 30 * asked.len(), as_meant.count())
    );
    // Facts and thresholds are told apart: only of the police, levels are seen higher than their own facts indicate.
    let higher = |agency: &str| {
        let of = results.agencies.iter().find(|of| of.agency == agency).unwrap();
        of.higher as f64 / of.levels as f64
    };
    for agency in ["school", "icb", "council", "housing"] {
        assert!(higher(agency) < 0.01 && higher("police") > 0.1, "{agency}: {} {}", higher(agency), higher("police"));
    }
    assert!(results.all.facts_higher + results.all.facts_lower > 0);
    let agreement = auditor.get(&format!("{home}/files/agreement.csv")).await;
    for measure in
        ["levels,all,ac2_linear,", "levels,police,kappa_linear,", "levels,all,alpha_ordinal,", "levels,all,from,"]
    {
        assert!(agreement.html.contains(measure), "{measure}: {}", agreement.html);
    }

    // Raters see what they said beside what the criteria indicate, and rate no more.
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    let page = teacher.go(&home).await;
    assert!(page.html.contains("and what you said") && page.html.contains("You saw: level"), "{}", page.html);
    assert_eq!(teacher.get(&format!("{home}/1")).await.status, StatusCode::CONFLICT);
    let mut operator = Browser::signed_in(&served.router, "operator").await;
    assert_eq!(operator.get("/calibration").await.status, StatusCode::FORBIDDEN);
    let listed = auditor.go("/calibration").await;
    assert!(listed.html.contains("Over time, by agency") && listed.html.contains("Police"), "{}", listed.html);
    let record = std::sync::Arc::clone(&served.record);
    let verified = tokio::task::spawn_blocking(move || record.verify(Vec::new()).unwrap()).await.unwrap();
    assert!(verified.is_ok(), "{verified:?}");
    served.end().await;
}

/// A page of each kind, as the people who use them meet them.
pub async fn met_by_a_partnership(served: &Served) -> Vec<Page> {
    let record = std::sync::Arc::clone(&served.record);
    let begin = move || {
        let rules = load(&files()).rule_set.unwrap();
        let auditor = permit(demonstration("auditor").unwrap(), Operation::Calibrate).unwrap();
        let until = now().in_tz("Europe/London").unwrap().date();
        let vignettes = twelve(&rules);
        let round = Round { title: "A round".into(), rules: rules.id().digest.clone(), until, vignettes };
        record.open_round(&auditor, round, now()).unwrap()
    };
    let id = tokio::task::spawn_blocking(begin).await.unwrap();
    let mut pages = Vec::new();
    let mut auditor = Browser::signed_in(&served.router, "auditor").await;
    for path in ["/calibration", "/calibration/new", "/documents", "/quality"] {
        pages.push(auditor.go(path).await);
    }
    let mut teacher = Browser::signed_in(&served.router, "teacher").await;
    for path in [format!("/calibration/{id}"), format!("/calibration/{id}/1")] {
        pages.push(teacher.go(&path).await);
    }
    pages
}
