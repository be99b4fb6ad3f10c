//! Every worked example through the form: it can be entered, takes few questions, and is evaluated as anywhere else.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use windscreen::criteria::{RuleSet, load};
use windscreen::examples::{ExampleEntry, read_examples};
use windscreen::rules_dir;

use super::Served;
use super::browser::{Browser, Page};

/// One child of an example: what was raised and said.
#[derive(Debug, Clone, Default)]
pub struct Story {
    pub concerns: Vec<String>,
    pub facts: BTreeMap<String, Value>,
}

/// A referral as somebody would tell it.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub id: String,
    pub household: BTreeMap<String, Value>,
    pub children: Vec<Story>,
}

/// What came of filling in the form.
pub struct Filled {
    pub page: Page,
    /// How many questions were asked after the account.
    pub questions: usize,
    /// How many of them had to be answered, if only with “not known”.
    pub needed: usize,
    pub pages: usize,
}

impl Told {
    fn of(example: &ExampleEntry) -> Self {
        // Of two accounts the form takes the first; the other is added to the referral.
        let plain = |facts: &indexmap::IndexMap<String, Value>| -> BTreeMap<String, Value> {
            let one = |value: &Value| value.get("answer").cloned().unwrap_or_else(|| value.clone());
            facts.iter().map(|(id, value)| (id.clone(), one(value))).collect()
        };
        let household = example.household.as_ref().map(|household| plain(&household.facts)).unwrap_or_default();
        let mut children: Vec<Story> = example
            .children
            .iter()
            .map(|child| Story { concerns: [&*example.concerns, &child.concerns].concat(), facts: plain(&child.facts) })
            .collect();
        if let Some(facts) = &example.facts {
            children.push(Story { concerns: example.concerns.clone(), facts: plain(facts) });
        }
        Self { id: example.id.clone(), household, children }
    }
}

fn is_unborn(child: &Story) -> bool {
    child.facts.get("is_unborn") == Some(&Value::Bool(true))
}

pub fn rules() -> (Arc<RuleSet>, Vec<ExampleEntry>) {
    let files = rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let examples = read_examples(&files).entries.into_iter().map(|(_, example)| example).collect();
    (Arc::new(load(&files).rule_set.unwrap()), examples)
}

fn said(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Null => "not_known".into(),
        Value::String(word) => word.clone(),
        other => other.to_string(),
    }
}

/// Whether an answer shows any concern, so that whoever knows it would raise its topic.
fn is_raised(rules: &RuleSet, fact: usize, value: &Value) -> bool {
    let answer = serde_json::from_value(value.clone()).ok();
    let concern = answer.and_then(|answer| rules.concern(&rules.indicators()[fact].id, &answer));
    concern.is_none_or(|class| class > 0)
}

/// What is chosen of the form's own questions about the family, which answer one of the rules'.
fn family<'c>(told: &Told, fact: &str, words: &[(&str, &'c str)], otherwise: &'c str) -> &'c str {
    let said = told.household.get(fact).or_else(|| told.children[0].facts.get(fact)).map(said);
    let word = words.iter().find(|(word, _)| said.as_deref() == Some(*word));
    word.map_or(otherwise, |(_, choice)| choice)
}

/// What somebody who knows a story enters in a page's inputs.
fn entered(rules: &RuleSet, told: &Told, page: &Page) -> (Vec<(String, String)>, usize, usize) {
    let form = page.form("/drafts/");
    let mut filled = Vec::new();
    let mut questions: Vec<String> = Vec::new();
    let child_of =
        |name: &str| -> Option<&Story> { told.children.get(name.split('.').nth(1)?.parse::<usize>().ok()? - 1) };
    for input in &form.inputs {
        let name = &input.name;
        let put = |value: String| Some((name.clone(), value));
        let answer = if let Some((who, fact)) = name.split_once(".fact.") {
            let (fact, is_instead) = fact.strip_suffix(".instead").map_or((fact, false), |fact| (fact, true));
            if !questions.contains(&format!("{who}.{fact}")) {
                questions.push(format!("{who}.{fact}"));
            }
            let facts = if who == "household" { None } else { child_of(name).map(|child| &child.facts) };
            // A single child's facts are told together, the household's among them.
            let said_of = facts
                .and_then(|facts| facts.get(fact))
                .or_else(|| told.household.get(fact))
                .or_else(|| told.children[0].facts.get(fact));
            let index = rules.fact(fact).unwrap();
            let value = match said_of {
                Some(value) => said(value),
                None if rules.is_always_asked(index) => "not_known".to_owned(),
                None => continue,
            };
            let is_number = value.parse::<i64>().is_ok();
            let has_instead = form.inputs.iter().any(|other| other.name == format!("{name}.instead"));
            if (is_instead && is_number) || (has_instead && !is_number) { None } else { put(value) }
        } else if name.ends_with(".strengths") {
            let facts = child_of(name).map_or(&told.children[0].facts, |child| &child.facts);
            let is_so =
                facts.get(&input.value).or_else(|| told.household.get(&input.value)) == Some(&Value::Bool(true));
            if is_so { put(input.value.clone()) } else { None }
        } else if name.ends_with(".concerns") {
            let child = child_of(name).unwrap();
            let raised = child.concerns.contains(&input.value) || {
                let given = child.facts.iter().chain(&told.household);
                given.filter_map(|(id, value)| Some((rules.fact(id)?, value))).any(|(fact, value)| {
                    rules.topics()[rules.indicators()[fact].topic].id == input.value
                        && !rules.is_always_asked(fact)
                        && !rules.is_protective(fact)
                        && is_raised(rules, fact, value)
                })
            };
            if raised { put(input.value.clone()) } else { None }
        } else if let Some(part) = name.split_once(".age.").map(|(_, part)| part) {
            let age = child_of(name).and_then(|child| child.facts.get("child_age_months")?.as_i64());
            age.and_then(|age| put(if part == "years" { age / 12 } else { age % 12 }.to_string()))
        } else {
            let value = match name.as_str() {
                "referrer.organisation" => "school:example-primary",
                "referrer.name" => "A. Teacher",
                "referrer.role" => "safeguarding lead",
                "referrer.contact" => "by the school office",
                "referrer.agency" => "school",
                "referrer.basis" => "told_by_the_child",
                "read_back" => "confirmed",
                "household.address" => "1 Invented Street",
                "household.people" => "The mother, and an aunt at weekends",
                "account.seen" => "Nothing was seen.",
                "account.said" => "<b>\"quoted\"</b> & said",
                "family.told" => {
                    // Where it is unsafe to seek agreement, the form has it told so.
                    let otherwise = family(told, "consent", &[("unsafe_to_seek", "unsafe_to_tell")], "yes");
                    let words = [("not_told", "not_yet"), ("unsafe_to_tell", "unsafe_to_tell")];
                    family(told, "family_told", &words, otherwise)
                }
                "family.agrees" => family(told, "consent", &[("given", "yes"), ("refused", "no")], "not_asked"),
                "family.basis" => "public_task",
                "level" => "unsure",
                name if name.ends_with(".name") => "Invented Child",
                name if name.ends_with(".sex") => "female",
                name if name.ends_with(".ethnicity") => "mixed",
                name if name.ends_with(".disability") => "no",
                _ => continue,
            };
            put(value.to_owned())
        };
        if let Some(answer) = answer.filter(|answer| !filled.contains(answer)) {
            filled.push(answer);
        }
    }
    if page.path.contains("/topics.") && filled.is_empty() {
        filled.push((
            form.inputs.iter().find(|input| input.name.ends_with(".concerns")).unwrap().name.clone(),
            "none".into(),
        ));
    }
    let others = ["/topics.", "/strengths", "/level"].iter().filter(|part| page.path.contains(**part)).count();
    let family = if page.path.ends_with("/family") { 3 } else { 0 };
    let always =
        |asked: &&String| rules.fact(asked.rsplit('.').next().unwrap()).is_some_and(|fact| rules.is_always_asked(fact));
    let optional = usize::from(page.path.ends_with("/strengths"));
    let needed = questions.iter().filter(always).count() + others + family - optional;
    (filled, questions.len() + others + family, needed)
}

/// Fills in the form from the first page to the answer.
pub async fn fill(browser: &mut Browser, rules: &RuleSet, told: &Told) -> Filled {
    fill_from(browser, rules, told, "/drafts").await
}

/// The same, typed while somebody tells it on the telephone.
async fn fill_on_the_telephone(browser: &mut Browser, rules: &RuleSet, told: &Told) -> Filled {
    fill_from(browser, rules, told, "/calls").await
}

async fn fill_from(browser: &mut Browser, rules: &RuleSet, told: &Told, begin: &str) -> Filled {
    let page = browser.go("/drafts").await;
    let tasks = browser.submit(&page.form(begin), &[]).await;
    let draft = tasks.path.trim_end_matches("/referrer").to_owned();
    // A call has a child from the beginning.
    let there = usize::from(begin == "/calls");
    let mut page = browser.go(&format!("{draft}/referrer")).await;
    let (mut questions, mut needed, mut pages) = (0, 0, 0);
    for _ in 0..200 {
        assert_eq!(page.status.as_u16(), 200, "{} {}: {}", told.id, page.path, page.html);
        if page.path.ends_with("/check") {
            let answer = browser.submit(&page.form("/check"), &[]).await;
            assert_eq!(answer.status.as_u16(), 200, "{}: {}", told.id, answer.html);
            return Filled { page: answer, questions, needed, pages };
        }
        pages += 1;
        if page.path.ends_with("/children") {
            if there == 1 && is_unborn(&told.children[0]) {
                // The child with whom a call began turns out to be a baby who is not yet born.
                browser.submit(&page.form("/children"), &[("turn".into(), "1".into())]).await;
            }
            for child in &told.children[there..] {
                let kind = if is_unborn(child) { "baby" } else { "child" };
                let form = browser.go(&format!("{draft}/children")).await.form("/children");
                let page = browser.submit(&form, &[("add".into(), kind.into())]).await;
                assert!(page.path.contains("/child."), "{}", page.path);
            }
            page = browser.go(&format!("{draft}/child.1")).await;
            continue;
        }
        let (filled, count, must) = entered(rules, told, &page);
        if !page.html.contains("Your answers opened more questions") {
            questions += count;
            needed += must;
        }
        let form = page.form("/drafts/");
        let filled: Vec<_> = filled.into_iter().chain([("go".to_owned(), "next".to_owned())]).collect();
        page = browser.submit(&form, &filled).await;
    }
    panic!("{}: the form does not end; last at {}", told.id, page.path);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_fits_the_form_and_is_evaluated_as_everywhere() {
    let served = Served::begin().await;
    let (rules, examples) = rules();
    let mut counts = Vec::new();
    let mut browser = Browser::signed_in(&served.router, "triage-worker").await;
    let step = if crate::cases() > 1 { 1 } else { 3 };
    for example in examples.iter().step_by(step) {
        let told = Told::of(example);
        let filled = fill(&mut browser, &rules, &told).await;
        let (body, answered) = is_recorded_as_told(&served, &rules, &told, &filled).await;
        if counts.len() % 20 == 0 {
            assert_eq!(by_program(&body), answered, "{}: the command line", told.id);
        }
        counts.push((filled.questions, filled.needed, filled.pages, told.children.len(), told.id));
    }
    counts.sort();
    let single: Vec<_> = counts.iter().filter(|count| count.3 == 1).collect();
    let (median, most) = (single[single.len() / 2].0, single[single.len() - 1].0);
    let needed = single.iter().map(|count| count.1).max().unwrap();
    let pages = single.iter().map(|count| count.2).max().unwrap();
    println!(
        "one child: {needed} questions must be answered at most; asked: median {median}, most {most}; pages: most {pages}"
    );
    assert!(needed <= 25, "{counts:?}");
    assert!(median <= 27, "more is asked than was: {counts:?}");
    served.end().await;
}

/// That what was filled in is recorded as it was told, and evaluated as everywhere; the request of its evaluation, and
/// the evaluations.
async fn is_recorded_as_told(served: &Served, rules: &RuleSet, told: &Told, filled: &Filled) -> (Value, Vec<String>) {
    let reference = filled.page.path.rsplit('/').next().unwrap().to_owned();
    let record = Arc::clone(&served.record);
    let case = tokio::task::spawn_blocking(move || record.case(&reference).unwrap()).await.unwrap();
    let first = case.first().unwrap();
    let request: Value = serde_json::from_str(first.request.get()).unwrap();
    let home = ["address", "people"].map(|key| request["household"][key].as_str().unwrap());
    assert_eq!(home, ["1 Invented Street", "The mother, and an aunt at weekends"]);
    assert!(home.iter().all(|words| filled.page.html.contains(words)), "{}", told.id);
    for (place, child) in told.children.iter().enumerate() {
        for (id, value) in &child.facts {
            let entered = &request["children"][place]["facts"][id];
            let entered = if entered.is_null() { &request["household"]["facts"][id] } else { entered };
            let protective = rules.fact(id).is_some_and(|fact| rules.is_protective(fact));
            let said = if value.is_null() { &json!("not_known") } else { value };
            // Some examples answer what another answer rules out, and the form does not ask.
            let gated = rules.fact(id).is_some_and(|fact| rules.indicators()[fact].asked_when.is_some());
            // A strength that is not there is the same as one that nobody spoke of.
            let harmless = rules.fact(id).is_some_and(|fact| !is_raised(rules, fact, value));
            // What shows no concern in a topic that nobody raised is not asked, and counts as it was.
            let may_miss = gated || harmless || (protective && *value != true);
            assert!(entered == said || (entered.is_null() && may_miss), "{}: {id} {entered} {said}", told.id);
        }
    }
    let body = json!({ "received_at": first.received_at.to_string(), "household": { "facts": request["household"]["facts"] }, "children":
        request["children"].as_array().unwrap().iter().map(|child| json!({ "ref": child["ref"], "concerns": child["concerns"], "facts": child["facts"] })).collect::<Vec<_>>() });
    let answered = evaluated(served, &body).await;
    for (recorded, answered) in first.evaluated.children.iter().zip(&answered) {
        assert_eq!(recorded.evaluation.get(), answered, "{}", told.id);
    }
    assert_eq!(first.evaluated.children.len(), answered.len());
    (body, answered)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_on_the_telephone_is_asked_and_evaluated_as_everywhere() {
    let served = Served::begin().await;
    let (rules, examples) = rules();
    let mut browser = Browser::signed_in(&served.router, "call-taker").await;
    let (unborn, born): (Vec<_>, Vec<_>) = examples.iter().map(Told::of).partition(|told| is_unborn(&told.children[0]));
    let mut children = 0;
    for told in born.into_iter().step_by(8).chain(unborn) {
        let filled = fill_on_the_telephone(&mut browser, &rules, &told).await;
        is_recorded_as_told(&served, &rules, &told, &filled).await;
        children += told.children.len();
    }
    assert!(children > 15, "{children}");
    served.end().await;
}

/// The evaluations that the API answers, byte for byte.
async fn evaluated(served: &Served, body: &Value) -> Vec<String> {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let request = axum::http::Request::post("/v1/evaluations").header("content-type", "application/json");
    let request = request.body(axum::body::Body::from(body.to_string())).unwrap();
    let answer = served.router.clone().oneshot(request).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    raw(&bytes)
}

fn by_program(body: &Value) -> Vec<String> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut program = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    program.args(["evaluate", "-", "--format", "json", "--rules"]).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/rules"));
    let mut running = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(body.to_string().as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success());
    // At the terminal JSON is laid out for people; its keys and values are the same in the same order.
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    raw(value.to_string().as_bytes())
}

fn raw(answer: &[u8]) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Answer {
        children: Vec<Child>,
    }
    #[derive(serde::Deserialize)]
    struct Child {
        evaluation: Box<serde_json::value::RawValue>,
    }
    let answer: Answer = serde_json::from_slice(answer).unwrap();
    answer.children.iter().map(|child| child.evaluation.get().to_owned()).collect()
}
