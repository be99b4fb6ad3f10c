//! The documents beside the threshold document: every fact with exactly what reads it, every gap listed, every case
//! answered as the evaluator answers it, and nothing hard-coded that a rule could change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use windscreen::criteria::{RuleFile, RuleSet};
use windscreen::decision::{Actor, Role};
use windscreen::examples::read_examples;
use windscreen::publish::{Agreed, Form, GAP, Kept, MayDo, WasInForce, atrs, dpia, equality, training};
use windscreen::rules_dir;

use super::page::{Element, Page};
use super::{HOSTILE, assert_tables, hostile, publish, published, rule_set};
use crate::command::windscreen;

const SETS: [&str; 4] = [
    "rules",
    "fixtures/rule_sets/good/four_levels",
    "fixtures/rule_sets/good/tiny",
    "fixtures/rule_sets/good/tiny_next",
];

fn files(path: &str) -> Vec<RuleFile> {
    rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A folder's file with a text replaced, which must be there.
fn with(path: &str, file: &str, from: &str, to: &str) -> Vec<RuleFile> {
    let mut files = files(path);
    let found = files.iter_mut().find(|one| one.path == file).unwrap();
    let text = String::from_utf8(found.bytes.clone()).unwrap();
    assert!(text.contains(from), "{file} has `{from}`");
    found.bytes = text.replacen(from, to, 1).into_bytes();
    files
}

fn may_do() -> Vec<MayDo> {
    let row = |role, does, only_own| MayDo { role, does, only_own };
    vec![row(Role::TriageWorker, "read everything", false), row(Role::Practitioner, "read their own", true)]
}

const KEPT: [Kept; 1] = [Kept { what: "A draft", days: 14 }];

/// Every document of a rule set, by its name.
fn all(rules: &RuleSet, files: &[RuleFile], form: Form) -> [(&'static str, String); 4] {
    [
        ("atrs", atrs(rules, files, None, form).unwrap()),
        ("dpia", dpia(rules, &may_do(), &KEPT, form).unwrap()),
        ("equality", equality(rules, form).unwrap()),
        ("training", training(rules, files, form).unwrap()),
    ]
}

/// The rows of a page that are entries: each with the places that links in it lead to.
fn entries(page: &Page) -> Vec<(&Element, BTreeSet<String>)> {
    let mut rows: Vec<(&Element, BTreeSet<String>)> = Vec::new();
    let mut is_in = false;
    for element in &page.elements {
        if element.name == "tr" {
            is_in = element.attribute("data-entry").is_some();
            if is_in {
                rows.push((element, BTreeSet::new()));
            }
        } else if let (true, "a", Some(to)) = (is_in, element.name.as_str(), element.attribute("href")) {
            rows.last_mut().unwrap().1.insert(to.trim_start_matches('#').to_owned());
        }
    }
    rows
}

/// The topics of a rule set as plain YAML, read by nothing of ours.
fn topics(files: &[RuleFile]) -> Vec<Value> {
    let is_topic = |file: &&RuleFile| file.path.starts_with("criteria/") && !file.path.ends_with("_test.yaml");
    files.iter().filter(is_topic).map(|file| serde_yaml::from_slice(&file.bytes).unwrap()).collect()
}

/// Every word that stands anywhere in a value, as a key or as a text; but for what a need leaves out.
fn words(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(all) => all.iter().for_each(|one| words(one, found)),
        Value::Object(all) => all.iter().filter(|(key, _)| *key != "besides").for_each(|(key, one)| {
            found.insert(key.clone());
            words(one, found);
        }),
        _ => {}
    }
}

/// By fact: the criteria whose conditions name it, themselves or through criteria that they name; by a search of the
/// files' words.
fn searched(files: &[RuleFile]) -> BTreeMap<String, BTreeSet<String>> {
    let topics = topics(files);
    let list = |topic: &Value, key: &str| topic[key].as_array().cloned().unwrap_or_default();
    let id = |entry: &Value| entry["id"].as_str().unwrap().to_owned();
    let facts: Vec<String> = topics.iter().flat_map(|topic| list(topic, "indicators")).map(|one| id(&one)).collect();
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for criterion in topics.iter().flat_map(|topic| list(topic, "criteria")) {
        let mut found = BTreeSet::new();
        words(&criterion["when"], &mut found);
        named.insert(id(&criterion), found);
    }
    let mut reads: BTreeMap<String, BTreeSet<String>> =
        facts.iter().map(|fact| (fact.clone(), BTreeSet::new())).collect();
    for criterion in named.keys() {
        let mut seen = BTreeSet::new();
        let mut open = vec![criterion.clone()];
        while let Some(next) = open.pop() {
            if seen.insert(next.clone()) {
                open.extend(named.get(&next).into_iter().flatten().cloned());
            }
        }
        for fact in seen.iter().filter(|word| facts.contains(word)) {
            reads.get_mut(fact).unwrap().insert(criterion.clone());
        }
    }
    reads
}

#[test]
fn every_fact_stands_once_with_exactly_the_criteria_that_read_it() {
    for path in SETS {
        let files = files(path);
        let rules = rule_set(&files);
        let html = dpia(&rules, &may_do(), &KEPT, Form::Html).unwrap();
        let page = Page::read(&html);
        let criteria: BTreeSet<&str> = rules.criteria().iter().map(|one| one.id.as_str()).collect();
        let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (row, links) in entries(&page) {
            let id = row.attribute("data-entry").unwrap();
            if rules.fact(&id).is_some() {
                let read_by = links.into_iter().filter(|to| criteria.contains(to.as_str()) && is_read_by(row, to));
                assert!(told.insert(id.clone(), read_by.collect()).is_none(), "{path}: `{id}` stands twice");
                let indicator = rules.indicators().iter().find(|one| one.id == id).unwrap();
                assert!(row.text.contains(&indicator.ask), "{path}: `{id}` says what is asked");
            }
        }
        assert_eq!(told, searched(&files), "{path}");
    }
}

/// Whether a row says that a criterion reads its fact, and not only that it looks at its need or softens on it.
fn is_read_by(row: &Element, criterion: &str) -> bool {
    row.text.contains(&format!("“{}” (", criterion.replace('_', " ")))
}

#[test]
fn what_no_rule_reads_is_listed_apart() {
    let rules = rule_set(&files("rules"));
    let page = Page::read(&dpia(&rules, &may_do(), &KEPT, Form::Html).unwrap());
    let of_section = |section: &str| {
        let rows = entries(&page).into_iter().filter(|(row, _)| row.section == section);
        rows.map(|(row, _)| (row.attribute("data-entry").unwrap(), row.text.clone())).collect::<Vec<_>>()
    };
    let (read, unread) = (of_section("part-facts"), of_section("part-unread"));
    assert_eq!(read.len() + unread.len(), rules.indicators().len());
    assert!(unread.iter().all(|(_, text)| text.contains("No rule reads this")));
    assert!(read.iter().all(|(_, text)| !text.contains("No rule reads this")));
    assert!(unread.iter().any(|(id, _)| id == "evidence_basis"), "how somebody knows moves nothing: {unread:?}");
    // Everything of the rules that gives something has its fact among the others.
    for indicator in rules.indicators().iter().filter(|one| one.classes.iter().any(|class| !class.gives.is_nothing())) {
        assert!(read.iter().any(|(id, _)| *id == indicator.id), "{}", indicator.id);
    }
    for (id, _) in entries(&page).iter().map(|(row, links)| (row.attribute("data-entry").unwrap(), links)) {
        assert!(rules.ids().any(|known| known == id), "{id}");
    }
    let told: BTreeSet<String> = entries(&page).iter().map(|(row, _)| row.attribute("data-entry").unwrap()).collect();
    assert!(rules.ids().all(|id| told.contains(id)), "criteria and thresholds stand there too");
}

#[test]
fn a_changed_rule_changes_the_documents() {
    let tiny = "fixtures/rule_sets/good/tiny";
    let before = files(tiny);
    let changed = [
        (
            "criteria/harm_now.yaml",
            "unexplained: { floor: 4 }",
            "unexplained: { floor: 5 }",
            ["dpia", "training"].as_slice(),
        ),
        (
            "criteria/harm_now.yaml",
            "{ injury: { at_least: explained } }",
            "{ missing_episodes: { at_least: 3 } }",
            &["dpia"],
        ),
        (
            "criteria/home.yaml",
            "Is there little routine at home?",
            "Is a teenager without routine?",
            &["atrs", "dpia", "equality", "training"],
        ),
        ("framework.yaml", "[ethnicity, religion, postcode]", "[ethnicity, religion]", &["atrs", "equality"]),
        ("framework.yaml", "may_decide: [triage_worker]", "may_decide: [social_worker]", &["atrs"]),
    ];
    for (file, from, to, documents) in changed {
        let after = with(tiny, file, from, to);
        // The digest is another in any case.
        let of = |files: &[RuleFile]| {
            let rules = rule_set(files);
            let digest = rules.id().digest.clone();
            let begins: String = digest.chars().take(19).collect();
            all(&rules, files, Form::Markdown)
                .map(|(name, text)| (name, text.replace(&digest, "").replace(&begins, "")))
        };
        for ((name, before), (_, after)) in of(&before).into_iter().zip(of(&after)) {
            let is_other = before != after;
            assert!(is_other || !documents.contains(&name), "{name} does not show that `{from}` became `{to}`");
        }
    }
}

#[test]
fn a_removed_rule_is_gone_from_the_annex() {
    let after = with(
        "fixtures/rule_sets/good/tiny",
        "criteria/harm_now.yaml",
        "- { injury: { at_least: explained } }",
        "- { danger_now: true }",
    );
    let page = Page::read(&dpia(&rule_set(&after), &may_do(), &KEPT, Form::Html).unwrap());
    let of = |id: &str| entries(&page).into_iter().find(|(row, _)| row.is(id)).unwrap().1;
    assert!(of("danger_now").contains("injury_to_a_child_who_cannot_move"));
    assert!(!of("injury").contains("injury_to_a_child_who_cannot_move"));
}

/// The fields of the Algorithmic Transparency Recording Standard's template, version 4.0.
const FIELDS: [&str; 56] = [
    "0.1 Title",
    "0.2 Organisation name",
    "0.3 Phase",
    "0.4 Region",
    "0.5 One sentence description",
    "1.1 Name",
    "1.2 Description",
    "1.3 Website URL",
    "1.4 Contact email",
    "2.1.1 Organisation or department",
    "2.1.2 Team",
    "2.1.3 Senior responsible owner",
    "2.1.4 Third party involvement",
    "2.1.4.1 Third party",
    "2.1.4.2 Companies House number",
    "2.1.4.3 Third party role",
    "2.1.4.4 Procurement procedure type",
    "2.1.4.5 Third party data access terms",
    "2.2.1 Detailed description",
    "2.2.2 Benefits",
    "2.2.3 Previous process",
    "2.2.4 Alternatives considered",
    "2.3.1 Integration into broader operational process",
    "2.3.2 Human review",
    "2.3.3 Frequency and scale of usage",
    "2.3.4 Required training",
    "2.3.5 Appeals and review",
    "2.4.1.1 System architecture",
    "2.4.1.2 System-level input",
    "2.4.1.3 System-level output",
    "2.4.1.4 Maintenance",
    "2.4.1.5 Models",
    "2.4.2.1 Model name",
    "2.4.2.2 Model version",
    "2.4.2.3 Model task",
    "2.4.2.4 Model input",
    "2.4.2.5 Model output",
    "2.4.2.6 Model architecture",
    "2.4.2.7 Model performance",
    "2.4.2.8 Datasets and their purposes",
    "2.4.3.1 Development data description",
    "2.4.3.2 Data modality",
    "2.4.3.3 Data quantities",
    "2.4.3.4 Sensitive attributes",
    "2.4.3.5 Data completeness and representativeness",
    "2.4.3.6 Data cleaning",
    "2.4.3.7 Data collection",
    "2.4.3.8 Data access and storage",
    "2.4.3.9 Data sharing agreements",
    "2.4.4.1 Data sources",
    "2.4.4.2 Sensitive attributes",
    "2.4.4.3 Data processing methods",
    "2.4.4.4 Data access and storage",
    "2.4.4.5 Data sharing agreements",
    "2.5.1 Impact assessments",
    "2.5.2 Risks and mitigations",
];

#[test]
fn every_field_of_the_transparency_record_is_there_in_its_order() {
    for path in SETS {
        let files = files(path);
        let page = Page::read(&atrs(&rule_set(&files), &files, None, Form::Html).unwrap());
        let headings: Vec<&str> =
            page.elements.iter().filter(|one| one.heading() == Some(3)).map(|one| one.text.as_str()).collect();
        assert_eq!(headings, FIELDS, "{path}");
    }
}

#[test]
fn the_gaps_that_are_listed_are_those_that_are_marked() {
    for path in SETS {
        let files = files(path);
        let rules = rule_set(&files);
        for (name, markdown) in all(&rules, &files, Form::Markdown) {
            let marked: Vec<String> = markdown.split(&format!("**{GAP}** ")).skip(1).map(until_the_end).collect();
            let Some((_, listed)) = markdown.split_once("## What is still to be filled in\n") else {
                assert!(marked.is_empty() && name == "training", "{path}: {name} lists no gap");
                continue;
            };
            let listed = listed.split("\n## ").next().unwrap();
            let listed: Vec<String> =
                listed.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect();
            assert_eq!(listed.len(), marked.len(), "{path}: {name}");
            for (listed, marked) in listed.iter().zip(&marked) {
                assert!(listed.starts_with(marked.as_str()), "{path}: {name}: {listed} is not {marked}");
            }
            let number = format!("These {} are", marked.len());
            assert!(markdown.contains(&number), "{path}: {name}: {number}");
            // It is the first thing that the document says.
            let first = markdown.lines().find(|line| line.starts_with("## ")).unwrap();
            assert_eq!(first, "## What is still to be filled in", "{path}: {name}");
        }
    }
}

fn until_the_end(text: &str) -> String {
    text.split(['\n', '|']).next().unwrap().split("<br>").next().unwrap().trim().to_owned()
}

#[test]
fn every_page_is_well_formed_every_link_leads_somewhere_and_markdown_says_the_same() {
    for (name, rules) in published().into_iter().take(12) {
        let files = if name == "rules" { files("rules") } else { Vec::new() };
        let (html, markdown) = (all(&rules, &files, Form::Html), all(&rules, &files, Form::Markdown));
        for ((document, html), (_, markdown)) in html.iter().zip(&markdown) {
            let page = Page::read(html);
            let mut ids = BTreeSet::new();
            for id in page.elements.iter().filter_map(|element| element.attribute("id")) {
                assert!(ids.insert(id.clone()), "{name}: {document}: `{id}` is there twice");
            }
            for link in page.elements.iter().filter_map(|element| element.attribute("href")) {
                let to = link.strip_prefix('#').expect("nothing leads out of the page");
                assert!(ids.contains(to), "{name}: {document}: nothing is called `{to}`");
            }
            assert_same_words(&format!("{name}: {document}"), &page, markdown);
            assert_tables(&format!("{name}: {document}"), markdown);
        }
        assert_eq!(all(&rules, &files, Form::Html), html, "{name}: the same bytes");
    }
}

#[test]
fn what_an_author_words_is_only_ever_text_here_too() {
    let rules = hostile();
    let story = format!(
        "  - {{ id: one, story: 'Danger {HOSTILE}', facts: {{ danger_now: true }}, expect: {{ level: 5 }} }}\n"
    );
    let files = [vignettes(&story)];
    for (name, html) in all(&rules, &files, Form::Html) {
        let page = Page::read(&html);
        assert!(page.elements.iter().all(|element| element.name != "b"), "{name}");
        assert!(!html.contains(HOSTILE) && html.contains("&lt;b&gt;&amp;&quot;"), "{name}");
    }
    for (name, markdown) in all(&rules, &files, Form::Markdown) {
        assert!(markdown.replace("<br>", "").find('<').is_none(), "{name}: no tag of an author");
        assert_tables(name, &markdown);
    }
    assert!(training(&rules, &files, Form::Markdown).unwrap().contains("### Case 1"));
}

/// Every heading, paragraph, item and cell of the page is in the Markdown.
fn assert_same_words(name: &str, page: &Page, markdown: &str) {
    let letters = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let plain = ["&lt;", "&gt;", "&amp;", "<br>"].iter().fold(markdown.to_owned(), |text, mark| text.replace(mark, ""));
    let plain = letters(&plain);
    let main = page.elements.iter().filter(|one| one.section.starts_with("part-"));
    for element in main.filter(|one| ["h2", "h3", "p", "li", "td"].contains(&one.name.as_str())) {
        let wanted = letters(&element.text);
        assert!(plain.contains(&wanted), "{name}: the page alone says: {}", element.text);
    }
}

#[test]
fn what_the_rules_do_not_say_is_said_to_be_missing_here_too() {
    const NOT_SAID: &str = "Not said by the rules";
    let tiny = files("fixtures/rule_sets/good/tiny");
    let without_examples: Vec<RuleFile> =
        tiny.iter().filter(|file| !file.path.ends_with("_test.yaml")).cloned().collect();
    let nothing_forbidden =
        with("fixtures/rule_sets/good/tiny", "framework.yaml", "never_facts: [ethnicity, religion, postcode]\n", "");
    let rules = rule_set(&tiny);
    let atrs = atrs(&rules, &without_examples, None, Form::Markdown).unwrap();
    for missing in ["how to disagree", "how long a referral is kept", "worked examples"] {
        assert!(atrs.contains(&format!("{NOT_SAID}: {missing}")), "{missing}");
    }
    assert!(dpia(&rules, &may_do(), &KEPT, Form::Markdown).unwrap().contains(&format!("{NOT_SAID}: how long")));
    let training = training(&rules, &without_examples, Form::Markdown).unwrap();
    assert!(training.contains(&format!("{NOT_SAID}: worked examples")) && !training.contains("### Case"));
    let equality = equality(&rule_set(&nothing_forbidden), Form::Markdown).unwrap();
    assert!(equality.contains(&format!("{NOT_SAID}: what no rule may ask")), "{equality}");
}

#[test]
fn the_equality_note_finds_what_comes_near_a_characteristic() {
    let rules = rule_set(&files("rules"));
    let page = Page::read(&equality(&rules, Form::Html).unwrap());
    let near = page.text_of("part-stand-for");
    for fact in [
        "child_age_months",
        "disability",
        "disability_assessment_requested",
        "interpreter_needed",
        "asylum_or_new_arrival",
        "nrpf",
        "is_unborn",
        "teen_pregnancy",
        "fgm",
        "faith_or_belief_abuse",
        "identity_distress",
        "housing",
        "sen",
    ] {
        assert!(near.contains(&format!("({fact})")), "{fact}");
    }
    for fact in ["immediate_danger_now", "often_hungry", "bereaved"] {
        assert!(!near.contains(&format!("({fact})")), "{fact}");
    }
    let never = page.text_of("part-never");
    assert!(rules.framework().never_facts.iter().all(|word| never.to_lowercase().contains(&word.replace('_', " "))));
    let counted = page.text_of("part-counted");
    assert!(counted.contains("Ethnic group") && counted.contains("Disabled") && counted.contains("16 and over"));
}

/// What a case's answer says, by the names of its rows.
fn answers(page: &Page) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut cases: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for row in page.elements.iter().filter(|one| one.name == "tr" && one.section == "part-answers") {
        let name = row.caption.strip_suffix(": what the criteria indicate").unwrap().to_owned();
        let head = page
            .elements
            .iter()
            .find(|one| one.name == "th" && one.caption == row.caption && row.text.starts_with(&one.text));
        let head = head.unwrap().text.clone();
        let said = row.text.strip_prefix(&head).unwrap().to_owned();
        cases.entry(name).or_default().insert(head, said);
    }
    cases
}

#[test]
fn the_answers_of_the_training_pack_are_those_of_evaluate() {
    let files = files("rules");
    let page = Page::read(&training(&rule_set(&files), &files, Form::Html).unwrap());
    let examples = read_examples(&files).entries;
    let cases = answers(&page);
    assert!(cases.len() >= 20, "{}", cases.len());
    let mut levels = BTreeSet::new();
    for (name, said) in &cases {
        let from = &said["The worked example"];
        let (file, id) = from.split_once(", ").unwrap();
        let (_, example) = examples.iter().find(|(path, one)| path == file && one.id == id).unwrap();
        let text = String::from_utf8(files.iter().find(|one| one.path == file).unwrap().bytes.clone()).unwrap();
        let plain: Value = serde_yaml::from_str(&text).unwrap();
        let plain = plain["examples"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
        let evaluated = evaluated(&plain);
        let child = match name.split_once(", child “") {
            None => &evaluated,
            Some((_, child)) => {
                let all = evaluated["children"].as_array().unwrap();
                &all.iter().find(|one| one["ref"] == child.trim_end_matches('”')).unwrap()["evaluation"]
            }
        };
        check_case(name, said, child);
        levels.insert(child["at_least"]["rank"].as_u64().unwrap());
        let story = page.text_of("part-cases");
        assert!(story.contains(example.story.trim()), "{name}");
    }
    assert_eq!(levels.len(), 5, "cases are of every level: {levels:?}");
}

/// What `windscreen evaluate` says of an example's facts.
fn evaluated(example: &Value) -> Value {
    let mut request = json!({});
    for key in ["concerns", "received_at", "facts", "household"] {
        if !example[key].is_null() {
            request[key] = example[key].clone();
        }
    }
    if let Some(children) = example["children"].as_array() {
        let child = |child: &Value| {
            let facts = if child["facts"].is_null() { json!({}) } else { child["facts"].clone() };
            let concerns = if child["concerns"].is_null() { json!([]) } else { child["concerns"].clone() };
            json!({ "ref": child["ref"], "facts": facts, "concerns": concerns })
        };
        request["children"] = children.iter().map(child).collect();
    }
    let output = windscreen(&["evaluate", "--format", "json", "-"], &request.to_string());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check_case(name: &str, said: &BTreeMap<String, String>, child: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (least, most) = (&child["at_least"], &child["at_most"]);
    let level = match child["settled"].as_bool().unwrap() {
        true => format!("Level {}: {}. More information would not change this.", least["rank"], text(&least["name"])),
        false => format!(
            "At least level {}: {}. Could be level {}: {}.",
            least["rank"],
            text(&least["name"]),
            most["rank"],
            text(&most["name"])
        ),
    };
    assert!(said["Level"].starts_with(&level), "{name}: {} is not {level}", said["Level"]);
    let listed = |key: &str| child[key].as_array().unwrap().clone();
    let row = |row: &str| said.get(row).cloned().unwrap_or_default();
    for reason in listed("reasons") {
        assert!(row("Why").contains(&text(&reason["says"])), "{name}: {reason}");
    }
    assert_eq!(row("Why").is_empty(), listed("reasons").is_empty(), "{name}");
    for action in listed("actions") {
        assert!(row("What to do").contains(&text(&action["says"])), "{name}: {action}");
    }
    for asked in listed("considerations") {
        assert!(row("A manager answers").contains(&text(&asked["says"])), "{name}: {asked}");
    }
    for enough in listed("enough") {
        assert!(row("Enough alone, whatever else is true").contains(&text(&enough["says"])), "{name}: {enough}");
    }
    for change in listed("would_change").iter().filter(|change| change["now"] != "not_known") {
        assert!(row("What would change it").contains(&text(&change["says"])), "{name}: {change}");
    }
    let asked = listed("ask_next");
    for question in asked.iter().take(6) {
        assert!(row("What to ask next").contains(&text(&question["ask"])), "{name}: {question}");
    }
    let more = child["ask_next_total"].as_u64().unwrap().saturating_sub(6);
    assert_eq!(row("What to ask next").contains(&format!("and {more} more")), more > 0, "{name}");
}

/// A worked example of the tiny rules in another file.
fn vignettes(examples: &str) -> RuleFile {
    RuleFile { path: "criteria/vignettes_test.yaml".into(), bytes: format!("examples:\n{examples}").into_bytes() }
}

#[test]
fn cases_are_chosen_by_the_rule_that_the_pack_states() {
    let mut files = files("fixtures/rule_sets/good/tiny");
    files.push(vignettes(
        "  - { id: short, story: Danger., facts: { danger_now: true }, expect: { level: 5 } }\n\
         \x20 - { id: also, story: Danger again., facts: { danger_now: true }, expect: { level: 5 } }\n\
         \x20 - { id: wrong, story: Nobody is in danger at all and the story is long., facts: { danger_now: true }, expect: { level: 1 } }\n",
    ));
    let rules = rule_set(&files);
    let markdown = training(&rules, &files, Form::Markdown).unwrap();
    // Of the topic of danger the file that comes first gives the longer of its stories; the other is of the same level.
    assert!(markdown.contains("Danger again\\.") || markdown.contains("Danger again."), "{markdown}");
    assert!(!markdown.contains("\nDanger.\n"));
    // What fails is no case, and is told.
    assert!(!markdown.contains("the story is long"));
    assert!(markdown.contains("Not taken") && markdown.contains("vignettes\\_test.yaml, wrong"), "{markdown}");
    let cases = markdown.matches("### Case ").count();
    assert_eq!(cases % 2, 0, "each is told twice: the story, and its answer");
    for topic in rules.topics() {
        let of_topic = markdown.matches(&format!(": {}\n", topic.title)).count();
        assert!(of_topic <= 4, "{}: {of_topic}", topic.title);
    }
}

/// What the log of rules might tell.
fn log(digest: &str) -> Vec<WasInForce> {
    let agreed = Agreed {
        partners: vec!["council".into(), "police".into()],
        title: "A lower threshold".into(),
        clause: "Working Together, chapter 1".into(),
    };
    vec![
        WasInForce {
            from: "2026-11-01T09:00:00Z".parse().unwrap(),
            version: Some("0".into()),
            digest: "sha256:old".into(),
            agreed: None,
        },
        WasInForce {
            from: "2026-12-01T00:00:00Z".parse().unwrap(),
            version: Some("1".into()),
            digest: digest.into(),
            agreed: Some(agreed),
        },
    ]
}

#[test]
fn the_transparency_record_tells_versions_as_the_log_does() {
    let files = files("fixtures/rule_sets/good/tiny");
    let rules = rule_set(&files);
    let of = |log: Option<&[WasInForce]>| atrs(&rules, &files, log, Form::Markdown).unwrap();
    assert!(of(None).contains("Made without the record"));
    let text = of(Some(&log(&rules.id().digest)));
    assert!(text.contains("1 December 2026") && text.contains("Council and police"), "{text}");
    assert!(text.contains("A lower threshold") && text.contains("as whoever runs the service put them in force"));
    assert!(!text.contains("are not in the log") && !text.contains("are not the last"));
    assert!(of(Some(&log("sha256:other"))).contains("are not in the log: by it they were never in force"));
    let mut older = log(&rules.id().digest);
    older.reverse();
    assert!(of(Some(&older)).contains("are not the last in the log"));
    assert!(of(Some(&[])).contains("tells of no version"));
}

#[test]
fn the_command_prints_each_document_and_takes_the_log_from_a_record() {
    for (document, heading) in [
        ("atrs", "draft of an algorithmic transparency record"),
        ("dpia", "annex to a data protection impact assessment"),
        ("equality", "equality monitoring note"),
        ("training", "training pack for practitioners"),
    ] {
        for format in ["html", "md"] {
            let output = publish(&["--document", document, "--format", format]);
            assert_eq!(output.status.code(), Some(0), "{document}: {}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.contains(heading), "{document}");
            assert!(text == String::from_utf8(publish(&["--document", document, "--format", format]).stdout).unwrap());
        }
    }
    let guide = |args: &[&str]| publish(args).stdout;
    assert_eq!(guide(&["--document", "guide"]), guide(&["--guide"]));
    assert_eq!(guide(&["--document", "thresholds"]), guide(&[]));
    assert_eq!(publish(&["--document", "guide", "--guide"]).status.code(), Some(2));
    let missing = publish(&["--document", "atrs", "--data", "no/such/record"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("there is no record here"));
}

#[test]
fn the_annex_prints_the_table_of_who_may_do_what() {
    let output = publish(&["--document", "dpia", "--format", "md"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for role in Role::ALL {
        let name = role.word().replace('_', " ");
        let name = name[..1].to_uppercase() + &name[1..];
        let row =
            text.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap_or_else(|| panic!("{name}"));
        let reads = row.contains("Read what was said, indicated and decided about a child");
        let actor = Actor { id: String::new(), name: String::new(), role, organisation: String::new() };
        let may = windscreen::access::permit(actor, windscreen::access::Operation::Read).is_some();
        assert_eq!(reads, may, "{name}");
    }
}
