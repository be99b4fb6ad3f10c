//! Keys and items that come and go, examples above all, and long sequences of changes.

use serde_json::{Value, json};

use super::super::{Change, Refusal, What, apply, changed, plain};
use super::corpus::{cases, files, is_tried, rule_sets};
use super::dice::Dice;

/// Changes a file; times `WINDSCREEN_TEST_CASES`.
const CHANGES: usize = 3;

fn example() -> Value {
    json!({
        "id": "a_new_example",
        "story": "Somebody says: \"a child of two\" is alone # at home, and nobody can say since when or for how long \
                  she has been there.",
        "concerns": ["home", "harm_now"],
        "facts": { "danger_now": false, "poor_housing": true, "injury": "not_known", "missing_episodes": 2 },
        "expect": { "at_least": 3, "at_most": 5, "found": ["poor_housing"], "asks_first": "injury" },
    })
}

#[test]
fn an_example_that_comes_and_goes_leaves_the_bytes_that_were() {
    let mut dice = Dice::new(6);
    let mut seen = 0;
    for (file, text) in files().into_iter().filter(|(file, _)| file.ends_with("_test.yaml")) {
        if !is_tried(&text, &mut dice, 3) {
            continue;
        }
        let add = What::AddItem { to: example() };
        let with = changed(&file, &text, "/examples", &add).unwrap_or_else(|why| panic!("{file}: {why}"));
        assert!(with.starts_with(text.trim_end()), "{file}");
        let remove = What::Remove { was: example() };
        assert_eq!(changed(&file, &with, "/examples/a_new_example", &remove).unwrap(), text, "{file}");
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn an_example_is_written_as_the_file_writes_them() {
    let text = "# above\nexamples:\n  - id: one\n    story: Of one.\n    facts: {}\n    expect: { level: 1 }\n";
    let with = changed("home_test.yaml", text, "/examples", &What::AddItem { to: example() }).unwrap();
    let added = with.strip_prefix(text.trim_end()).unwrap();
    assert_eq!(
        added,
        "\n  - id: a_new_example\n    story: >-\n      Somebody says: \"a child of two\" is alone # at home, and nobody \
         can say since when or for how long she has been\n      there.\n    concerns: [home, harm_now]\n    facts: { \
         danger_now: false, poor_housing: true, injury: not_known, missing_episodes: 2 }\n    expect: { at_least: 3, \
         at_most: 5, found: [poor_housing], asks_first: injury }\n"
    );
}

#[test]
fn the_last_example_leaves_an_empty_list_and_the_first_fills_it() {
    let text = "# above\nexamples:\n  - id: one\n    story: Of one.\n    expect: { level: 1 }\n";
    let was = json!({ "id": "one", "story": "Of one.", "expect": { "level": 1 } });
    let without = changed("a_test.yaml", text, "/examples/one", &What::Remove { was: was.clone() }).unwrap();
    assert_eq!(without, "# above\nexamples: []\n");
    let again = changed("a_test.yaml", &without, "/examples", &What::AddItem { to: was }).unwrap();
    assert_eq!(again, text);
}

#[test]
fn a_contribution_becomes_another_in_its_place() {
    let text = "indicators:\n  - id: one # first\n    ask: What?\n    if_yes: { floor: 5, consider: [s47] } # so\n    \
                answers:\n      # the least\n      none: {}\n      some:\n        # why\n        floor: 4\n";
    let remove = |text: &str, at: &str, was: Value| changed("a.yaml", text, at, &What::Remove { was }).unwrap();
    let add = |text: &str, at: &str, key: &str, to: Value, before: &[&str]| {
        let before = before.iter().map(|key| (*key).to_owned()).collect();
        changed("a.yaml", text, at, &What::AddKey { key: key.to_owned(), to, before }).unwrap()
    };
    let text = remove(text, "/indicators/one/if_yes/floor", json!(5));
    let text = add(&text, "/indicators/one/if_yes", "counts", json!(3), &["consider"]);
    let text = add(&text, "/indicators/one/answers/none", "label", json!("None at all"), &[]);
    let text = remove(&text, "/indicators/one/if_yes/consider/0", json!("s47"));
    let text = add(&text, "/indicators/one", "hint", json!("Yes: ask twice"), &["if_yes"]);
    assert_eq!(
        text,
        "indicators:\n  - id: one # first\n    ask: What?\n    hint: \"Yes: ask twice\"\n    if_yes: { counts: 3, \
         consider: [] } # so\n    answers:\n      # the least\n      none: { label: None at all }\n      some:\n        \
         # why\n        floor: 4\n"
    );
    // A comment would go with the only key, so that is done in the text.
    let why = changed("a.yaml", &text, "/indicators/one/answers/some/floor", &What::Remove { was: json!(4) });
    assert!(matches!(why, Err(Refusal::InText(_))), "{why:?}");
}

#[test]
fn what_another_changed_meanwhile_is_told() {
    let files = rule_sets().swap_remove(0);
    let file = files.iter().find(|file| file.path.ends_with("framework.yaml")).unwrap();
    let title = plain(&file.path, std::str::from_utf8(&file.bytes).unwrap()).unwrap()["title"].clone();
    let set = |was: Value, to: &str| Change {
        file: "framework.yaml".to_owned(),
        at: "/title".to_owned(),
        what: What::Set { was, to: json!(to) },
    };
    let first = apply(&files, &[set(title.clone(), "First")]).unwrap();
    let refused = apply(&first, &[set(title.clone(), "Second")]).unwrap_err();
    assert_eq!(
        refused[0].why,
        Refusal::Stale { at: "/title".to_owned(), was: title.to_string(), now: "\"First\"".to_owned() }
    );
    let gone = Change { at: "/titles".to_owned(), ..set(json!(1), "x") };
    assert_eq!(apply(&first, &[gone]).unwrap_err()[0].why, Refusal::Gone("/titles".to_owned()));
    let hidden = set(json!("First"), "turned \u{202e}round");
    assert_eq!(apply(&first, &[hidden]).unwrap_err()[0].why, Refusal::Hidden);
}

#[test]
fn all_changes_are_made_or_none() {
    let files = rule_sets().swap_remove(0);
    let change = |at: &str, to: Value| Change {
        file: "framework.yaml".to_owned(),
        at: at.to_owned(),
        what: What::Set { was: json!(1), to },
    };
    let refused = apply(&files, &[change("/format", json!(2)), change("/title", json!("x")), change("/x", json!(1))]);
    assert_eq!(refused.unwrap_err().iter().map(|refused| refused.change).collect::<Vec<_>>(), [1, 2]);
}

/// Every place of a tree that something can be done to.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, &crate::json::pointer(at, key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| places(item, &format!("{at}/{place}"), found));
        }
        _ => {}
    }
}

fn comments(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with("# ")).collect()
}

#[test]
fn a_sequence_of_changes_keeps_what_it_does_not_name() {
    let mut dice = Dice::new(4);
    let (mut made, mut in_text) = (0, 0);
    for (file, text) in files() {
        let mut text = text;
        if !is_tried(&text, &mut dice, 20) {
            continue;
        }
        for _ in 0..CHANGES * cases() {
            let tree = plain(&file, &text).unwrap();
            let mut all = Vec::new();
            places(&tree, "", &mut all);
            let at = dice.one_of(&all).clone();
            let now = tree.pointer(&at).unwrap().clone();
            let to = super::corpus::anything(&mut dice);
            let what = match (&now, dice.below(3)) {
                (_, 0) if !at.is_empty() => What::Remove { was: now.clone() },
                (Value::Object(map), _) => {
                    let before = map.keys().filter(|_| dice.below(3) == 0).cloned().collect();
                    let key = (*dice.one_of(&["label", "new_key", "says"])).to_owned();
                    What::AddKey { key, to, before }
                }
                (Value::Array(_), 1) => What::AddItem { to },
                (Value::Array(_), _) => What::AddItem { to: example() },
                _ => What::Set { was: now.clone(), to },
            };
            let kept = comments(&text).iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
            match changed(&file, &text, &at, &what) {
                Ok(new) => {
                    made += 1;
                    if !matches!(what, What::Remove { .. }) && file != "odd.yaml" {
                        let still = comments(&new);
                        assert!(kept.iter().all(|line| still.contains(&line.as_str())), "{file} {at} {what:?}\n{new}");
                    }
                    text = new;
                }
                Err(Refusal::InText(_)) => in_text += 1,
                Err(Refusal::AlreadyThere { .. }) => {}
                Err(why) => panic!("{file} {at} {what:?}: {why}\n{text}"),
            }
        }
    }
    assert!(made > 20 * in_text, "{made} changes were made, and {in_text} are left to the text");
}
