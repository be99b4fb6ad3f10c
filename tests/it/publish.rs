//! The published threshold document: everything that the rules say, once, where it belongs, and nothing that breaks it.

mod beside;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use windscreen::criteria::{Contribution, Gives, RuleFile, RuleSet, load};
use windscreen::facts::Answer;
use windscreen::publish::{Form, document, guide};
use windscreen::rules_dir;

use crate::copy;
use crate::reference::dice::Dice;
use crate::reference::generate;
use page::{Element, Page};

/// Random rule sets a run; times `WINDSCREEN_TEST_CASES` when that is set.
const SETS: u64 = 40;
/// Everything that means something in HTML, in Markdown or in a template.
const HOSTILE: &str = r#"<b>&"|`*_[x](y)#{{ 1 }}"#;

fn folder(path: &str) -> RuleSet {
    rule_set(&rules_dir::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap())
}

fn rule_set(files: &[RuleFile]) -> RuleSet {
    let loaded = load(files);
    loaded.rule_set.unwrap_or_else(|| panic!("{:#?}", loaded.problems))
}

fn random(seed: u64) -> RuleSet {
    rule_set(&generate::model(&mut Dice::new(seed), false).to_yaml())
}

fn published() -> Vec<(String, RuleSet)> {
    let folders = ["rules", "fixtures/rule_sets/good/four_levels", "fixtures/rule_sets/good/tiny"];
    let folders = folders.into_iter().map(|path| (path.to_owned(), folder(path)));
    let seeds = 0..SETS * u64::from(crate::cases());
    folders.chain(seeds.map(|seed| (format!("random set {seed}"), random(seed)))).collect()
}

/// Where an entry belongs: its section, and the table in it.
fn place(gives: &Gives) -> (String, String) {
    match gives.contribution {
        Contribution::Floor(rank) => (format!("level-{rank}"), format!("Enough alone for level {rank}")),
        Contribution::Duty(rank) => (format!("level-{rank}"), format!("Owed by law at level {rank}")),
        Contribution::Counts { rank, .. } => (format!("level-{rank}"), format!("One need at level {rank}")),
        Contribution::Nothing if gives.raises => {
            ("part-raises".to_owned(), "What makes a child more vulnerable".to_owned())
        }
        Contribution::Nothing if gives.is_nothing() => {
            ("part-words".to_owned(), "Words that other entries use".to_owned())
        }
        Contribution::Nothing => {
            ("part-to-do".to_owned(), "What asks for something to be done and gives no level".to_owned())
        }
    }
}

/// An entry: its id, the answer it is about, its section and its table.
type Entry = (String, String, String, String);

fn expected(rules: &RuleSet) -> Vec<Entry> {
    let mut entries = Vec::new();
    for indicator in rules.indicators() {
        for class in indicator.classes.iter().filter(|class| !class.gives.is_nothing()) {
            let answer = match &class.answer {
                Answer::YesNo(true) => "yes".to_owned(),
                Answer::YesNo(false) => "no".to_owned(),
                Answer::Number(number) => number.to_string(),
                Answer::Word(word) => word.clone(),
            };
            let (section, table) = place(&class.gives);
            entries.push((indicator.id.clone(), answer, section, table));
        }
    }
    for criterion in rules.criteria() {
        let (section, table) = place(&criterion.gives);
        entries.push((criterion.id.clone(), String::new(), section, table));
    }
    for threshold in rules.thresholds() {
        let rank = threshold.reaches;
        let table = format!("How needs add up to level {rank}");
        entries.push((threshold.id.clone(), String::new(), format!("level-{rank}"), table));
    }
    entries.sort();
    entries
}

fn found(page: &Page) -> Vec<Entry> {
    let mut entries = Vec::new();
    for row in page.elements.iter().filter(|element| element.attribute("data-entry").is_some()) {
        let id = row.attribute("data-entry").unwrap();
        let answers = row.attribute("data-answers").unwrap_or_default();
        for answer in answers.split(' ') {
            entries.push((id.clone(), answer.to_owned(), row.section.clone(), row.caption.clone()));
        }
    }
    entries.sort();
    entries
}

#[test]
fn everything_that_the_rules_say_stands_once_where_it_belongs() {
    for (name, rules) in published() {
        let page = Page::read(&document(&rules, Form::Html).unwrap());
        let (found, expected) = (found(&page), expected(&rules));
        assert_eq!(found, expected, "{name}");
        // Every question is somewhere, and the index knows all.
        let index = page.text_of("part-index");
        for id in rules.ids() {
            assert!(index.contains(&format!("{id}: ")), "{name}: `{id}` is in no index");
        }
    }
}

#[test]
fn an_entry_shows_its_id_its_words_and_its_source() {
    let rules = folder("rules");
    let html = document(&rules, Form::Html).unwrap();
    let page = Page::read(&html);
    for indicator in rules.indicators() {
        for row in page.elements.iter().filter(|row| row.attribute("data-entry").as_deref() == Some(&indicator.id)) {
            assert!(row.text.contains(&indicator.ask) && row.text.contains(&indicator.id), "{}", row.text);
        }
    }
    let disclosed = page.elements.iter().find(|row| row.is("child_disclosed_physical_abuse-yes")).unwrap();
    assert!(disclosed.text.contains("Level 4 instead where what “only in the past” says holds."), "{}", disclosed.text);
    assert!(disclosed.text.contains("Buckinghamshire"), "{}", disclosed.text);
    let injury = page.elements.iter().find(|row| row.is("injury_to_a_child_who_cannot_move")).unwrap();
    assert!(injury.text.contains("Within 4 hours") && injury.text.contains("paediatric opinion"), "{}", injury.text);
    assert!(injury.text.contains("“Can the child") || injury.text.contains("“cannot move alone”"), "{}", injury.text);
    assert!(!html.contains("the script “"), "a script is told by the answers for which it holds");
}

#[test]
fn the_page_is_well_formed_and_every_link_leads_somewhere() {
    for (name, rules) in published() {
        for html in [document(&rules, Form::Html).unwrap(), guide(&rules, Form::Html).unwrap()] {
            let page = Page::read(&html);
            let mut ids = BTreeSet::new();
            for id in page.elements.iter().filter_map(|element| element.attribute("id")) {
                assert!(ids.insert(id.clone()), "{name}: `{id}` is there twice");
            }
            for element in &page.elements {
                for link in ["href", "src"].iter().filter_map(|link| element.attribute(link)) {
                    let to = link.strip_prefix('#').unwrap_or_else(|| panic!("{name}: {link} leads out of the page"));
                    assert!(ids.contains(to), "{name}: nothing is called `{to}`");
                }
                for id in ["aria-labelledby"].iter().filter_map(|label| element.attribute(label)) {
                    assert!(ids.contains(&id), "{name}: nothing is called `{id}`");
                }
                assert!(!["script", "link", "img", "iframe"].contains(&element.name.as_str()), "{name}");
                if element.name == "th" {
                    assert!(element.attribute("scope").is_some(), "{name}: a header of a table says of what");
                }
            }
            let mut last = 0;
            for level in page.elements.iter().filter_map(Element::heading) {
                assert!(level <= last + 1, "{name}: a heading of level {level} follows on one of {last}");
                last = level;
            }
            assert_eq!(page.elements.iter().filter(|element| element.name == "h1").count(), 1, "{name}");
            assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en-GB\">"), "{name}");
        }
    }
}

#[test]
fn the_same_rules_make_the_same_document() {
    for (name, rules) in published().into_iter().take(6) {
        for form in [Form::Html, Form::Markdown] {
            assert_eq!(document(&rules, form).unwrap(), document(&rules, form).unwrap(), "{name}");
            assert_eq!(guide(&rules, form).unwrap(), guide(&rules, form).unwrap(), "{name}");
        }
    }
}

#[test]
fn markdown_says_the_same() {
    for (name, rules) in published() {
        let (html, markdown) = (document(&rules, Form::Html).unwrap(), document(&rules, Form::Markdown).unwrap());
        let page = Page::read(&html);
        let plain = markdown.replace('\\', "");
        for heading in page.elements.iter().filter(|element| matches!(element.heading(), Some(1..=3))) {
            // A browser alone needs contents.
            if heading.text != "Contents" {
                assert!(plain.contains(&format!("# {}", heading.text)), "{name}: {}", heading.text);
            }
        }
        for (id, answer, ..) in expected(&rules) {
            let shown = if answer.is_empty() { format!("({id})") } else { format!("({id}: ") };
            assert!(plain.contains(&shown), "{name}: {shown}");
        }
        for strong in markdown.lines().flat_map(|line| line.split("**").skip(1).step_by(2)) {
            assert!(!strong.is_empty() && strong.trim() == strong, "{name}: a mark stands at a word: {strong}");
        }
        assert_tables(&name, &markdown);
    }
}

/// Every row of a table has as many cells as its head.
fn assert_tables(name: &str, markdown: &str) {
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut head = None;
    for line in markdown.lines() {
        match head {
            _ if !line.starts_with('|') => head = None,
            None => head = Some(cells(line)),
            Some(wide) => assert_eq!(cells(line), wide, "{name}: {line}"),
        }
    }
}

/// The tiny rule set, with something hostile at the end of everything that an author words.
fn hostile() -> RuleSet {
    const WORDED: [&str; 12] = [
        "title",
        "about",
        "name",
        "means",
        "lead",
        "assessment",
        "consent",
        "legal_basis",
        "says",
        "ask",
        "reason",
        "say",
    ];
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny");
    let mut files = rules_dir::read(&path).unwrap();
    for file in &mut files {
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        let lines = text.lines().map(|line| match line.split_once(": ") {
            Some((key, words)) if words != "household" && WORDED.contains(&key.trim_start_matches([' ', '-'])) => {
                format!("{key}: '{} {HOSTILE}'", words.replace('\'', "''"))
            }
            _ => line
                .replace("[Give advice]", &format!("['Give advice {HOSTILE}']"))
                .replace("example: Invented for this fixture", &format!("example: 'Invented {HOSTILE}'")),
        });
        file.bytes = lines.collect::<Vec<_>>().join("\n").into_bytes();
    }
    rule_set(&files)
}

#[test]
fn what_an_author_words_is_only_ever_text() {
    let rules = hostile();
    for html in [document(&rules, Form::Html).unwrap(), guide(&rules, Form::Html).unwrap()] {
        let page = Page::read(&html);
        assert!(page.elements.iter().all(|element| element.name != "b"));
        assert!(!html.contains(HOSTILE) && html.contains("&lt;b&gt;&amp;&quot;"));
        // In every part of the document it is there as it was written.
        let sections = page.elements.iter().filter(|element| element.name == "section");
        let with = sections.filter(|section| section.text.contains(HOSTILE)).count();
        assert!(with >= 2, "{with}");
    }
    for markdown in [document(&rules, Form::Markdown).unwrap(), guide(&rules, Form::Markdown).unwrap()] {
        assert!(markdown.replace("<br>", "").find('<').is_none(), "no tag of an author");
        assert!(markdown.contains(r#"&lt;b&gt;&amp;"\|\`\*\_\[x\](y)\#{{ 1 }}"#), "{markdown}");
        assert_tables("hostile", &markdown);
    }
}

#[test]
fn an_example_says_so_on_every_page_and_agreed_rules_do_not() {
    const WARNING: &str = "Example only: no partnership’s agreed criteria";
    let html = document(&folder("rules"), Form::Html).unwrap();
    let page = Page::read(&html);
    let begins = |element: &&Element| element.attribute("class").as_deref() == Some("page");
    assert!(page.elements.iter().filter(begins).count() >= 6);
    for section in page.elements.iter().filter(begins) {
        assert!(section.text.contains(WARNING), "{:?}", section.attribute("id"));
    }
    assert!(html.contains(&format!("content: \"{WARNING}. sha256:")), "and at the foot of what is printed");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny");
    let mut files = rules_dir::read(&path).unwrap();
    let framework = files.iter_mut().find(|file| file.path == "framework.yaml").unwrap();
    let text = String::from_utf8(framework.bytes.clone()).unwrap();
    let agreed = text.replace("status: example", "status: agreed");
    framework.bytes = agreed.into_bytes();
    let html = document(&rule_set(&files), Form::Html).unwrap();
    assert!(!html.contains("Example only"));
}

#[test]
fn what_the_rules_do_not_say_is_said_to_be_missing() {
    let page = Page::read(&document(&folder("fixtures/rule_sets/good/tiny"), Form::Html).unwrap());
    assert!(page.text_of("part-disagree").contains("Not said by the rules: how to disagree"));
    assert!(page.text_of("part-times").contains("Not said by the rules"));
    assert!(page.text_of("part-covers").contains("Not covered by these rules"));
    let page = Page::read(&document(&folder("rules"), Form::Html).unwrap());
    assert!(!page.text_of("part-covers").contains("Not covered"));
    assert!(page.text_of("part-disagree").contains("Within 2 working days"));
    assert!(page.text_of("part-danger").contains("999"));
    assert!(page.text_of("part-never").contains("Ethnicity"));
}

#[test]
fn the_picture_says_in_words_what_it_shows() {
    let rules = folder("rules");
    let page = Page::read(&document(&rules, Form::Html).unwrap());
    let picture = page.elements.iter().find(|element| element.name == "svg").unwrap();
    assert_eq!(picture.attribute("role").as_deref(), Some("img"));
    let title = page.elements.iter().filter(|element| element.name == "title").nth(1).unwrap();
    for level in rules.ladder().levels() {
        assert!(title.text.contains(&format!("level {}, {}", level.rank, level.name)), "{}", title.text);
    }
    assert_eq!(page.elements.iter().filter(|element| element.name == "path").count(), rules.ladder().levels().len());
}

#[test]
fn the_guide_holds_what_is_needed_at_hand() {
    let rules = folder("rules");
    let page = Page::read(&guide(&rules, Form::Html).unwrap());
    let main = &page.elements.iter().find(|element| element.name == "main").unwrap().text;
    for level in rules.ladder().levels() {
        assert!(main.contains(&level.name) && main.contains(&level.lead), "{}", level.name);
    }
    for fact in (0..rules.indicators().len()).filter(|fact| rules.is_core(*fact)) {
        assert!(main.contains(&rules.indicators()[fact].ask));
    }
    assert!(main.contains("999") && main.contains("a manager answers within 2 working days"), "{main}");
}

fn publish(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windscreen"));
    command
        .arg("publish")
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("WINDSCREEN_RULES")
        .env_remove("WINDSCREEN_DATA");
    command.output().unwrap()
}

#[test]
fn the_command_prints_what_is_asked_for() {
    let rules = folder("rules");
    let printed: BTreeMap<Vec<&str>, String> = BTreeMap::from([
        (vec![], document(&rules, Form::Html).unwrap()),
        (vec!["rules", "--format", "md"], document(&rules, Form::Markdown).unwrap()),
        (vec!["--guide"], guide(&rules, Form::Html).unwrap()),
        (vec!["rules", "--guide", "--format", "md"], guide(&rules, Form::Markdown).unwrap()),
    ]);
    for (args, text) in printed {
        let output = publish(&args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(output.stderr.is_empty(), "{args:?}");
        assert!(String::from_utf8(output.stdout).unwrap() == text, "{args:?}");
    }
    assert_eq!(publish(&["--format", "pdf"]).status.code(), Some(2));
    assert_eq!(publish(&["no/such/folder"]).status.code(), Some(1));
}

#[test]
fn of_rules_with_errors_there_is_no_document() {
    let broken = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rule_sets/good/tiny"), broken.path());
    let path = broken.path().join("thresholds.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("reaches: 3", "reaches: 9").replace("reaches: 2", "reaches: 5")).unwrap();
    let output = publish(&[broken.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.matches("error[").count() >= 2, "every problem is told: {told}");
}
