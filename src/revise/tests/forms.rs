//! Every field of every entry: left alone it changes nothing; what is entered in it is what it shows afterwards.

use std::rc::Rc;

use serde_json::Value;

use super::super::{Editable, Known, Offered, Refusal, apply, changes};
use super::corpus::{cases, rule_sets};
use super::dice::Dice;
use crate::criteria::RuleFile;
use crate::form::Asks;

/// Of the fields of the default rules one in so many is tried; more with `WINDSCREEN_TEST_CASES`.
const ONE_IN: usize = 800;

/// Every entry of a folder: its file, and its pointer.
fn all_entries(files: &[RuleFile]) -> Vec<(&RuleFile, Rc<Editable>, String)> {
    let mut all = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".yaml")) {
        if let Some(editable) = Editable::read(file).unwrap().map(Rc::new) {
            all.extend(editable.entries().into_iter().map(|entry| (file, Rc::clone(&editable), entry.at)));
        }
    }
    all
}

fn fields(known: &Known, file: &RuleFile, at: &str) -> Vec<Offered> {
    Editable::read(file).unwrap().unwrap().fields(known, at).unwrap()
}

fn now(offered: &[Offered]) -> Vec<Vec<String>> {
    offered.iter().map(|one| one.now.clone()).collect()
}

/// Something else for a field to hold.
fn another(offered: &Offered, dice: &mut Dice) -> Vec<String> {
    let now = &offered.now;
    let text = |now: &str| format!("{now} It's new: \"so\" # to say");
    match &offered.field.asks {
        Asks::Line(_) if offered.field.hint.as_deref().is_some_and(|hint| hint.starts_with("Such as at once")) => {
            let times = ["at once", "4 hours", "1 working day", "10 days"];
            vec![(*times.iter().find(|time| **time != now[0]).unwrap()).to_owned()]
        }
        Asks::Line(_) | Asks::Text(_) => vec![text(&now[0]).trim().to_owned()],
        Asks::One(choices) | Asks::Select(choices) => {
            let others: Vec<_> = choices.iter().filter(|choice| choice.value != now[0]).collect();
            if others.is_empty() { now.clone() } else { vec![dice.one_of(&others).value.clone()] }
        }
        Asks::Several(choices) => choices.iter().skip(1).map(|choice| choice.value.clone()).collect(),
        Asks::Whole { from, to, instead, .. } => {
            let number = now[0].parse().unwrap_or(*from);
            let other = if number < *to { number + 1 } else { *from };
            let mut entered = vec![other.to_string()];
            entered.extend((!instead.is_empty()).then(String::new));
            entered
        }
        Asks::Date(_) => now.clone(),
    }
}

#[test]
fn a_form_that_is_left_as_it_was_changes_nothing() {
    let mut seen = 0;
    for files in rule_sets() {
        let known = Known::of(&files);
        for (file, whole, at) in all_entries(&files) {
            let offered = whole.fields(&known, &at).unwrap_or_else(|| panic!("{} {at}", file.path));
            let shown = vec![None; offered.len()];
            let made = changes(&file.path, &offered, &shown, &now(&offered));
            assert_eq!(made, Ok(Vec::new()), "{} {at}", file.path);
            let mut keys: Vec<_> = offered.iter().flat_map(|one| one.field.names()).collect();
            let count = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), count, "{} {at}: two fields have one name", file.path);
            seen += offered.len();
        }
    }
    assert!(seen > 5000, "{seen}");
}

#[test]
fn what_is_entered_is_what_is_shown_afterwards() {
    let mut dice = Dice::new(5);
    let (mut made, mut in_text) = (0, Vec::new());
    let sets = rule_sets();
    let default = sets.len() - 1;
    for (set, files) in sets.iter().enumerate() {
        let one_in = if set == default { (ONE_IN / cases()).max(1) } else { (40 / cases()).max(1) };
        let known = Known::of(files);
        for (file, whole, at) in all_entries(files) {
            let offered = whole.fields(&known, &at).unwrap();
            for place in 0..offered.len() {
                if dice.below(one_in) > 0 {
                    continue;
                }
                let mut entered = now(&offered);
                entered[place] = another(&offered[place], &mut dice);
                let key = &offered[place].field.key;
                let changes = match changes(&file.path, &offered, &vec![None; offered.len()], &entered) {
                    Ok(changes) => changes,
                    // A list that needs a word, left without.
                    Err(wrong) if wrong[0].key == *key => continue,
                    Err(wrong) => panic!("{} {key}: {wrong:?}", file.path),
                };
                match apply(std::slice::from_ref(file), &changes) {
                    Ok(after) => {
                        made += 1;
                        let again = fields(&known, &after[0], &at);
                        let shown = again.iter().find(|one| one.field.key == *key).map(|one| one.now.clone());
                        let added = key.ends_with('+');
                        let gone = entered[place].iter().all(|value| value.is_empty() || value == "-");
                        if !added && !gone {
                            assert_eq!(shown.as_ref(), Some(&entered[place]), "{} {key}", file.path);
                        }
                    }
                    Err(refused) => {
                        assert!(matches!(refused[0].why, Refusal::InText(_)), "{} {key}: {refused:?}", file.path);
                        in_text.push(format!("{} {key} {changes:?}", file.path));
                    }
                }
            }
        }
    }
    assert!(made > 20, "{made}");
    assert!(in_text.len() * 50 < made, "{made} changes were made; left to the text:\n{}", in_text.join("\n"));
}

#[test]
fn what_somebody_else_changed_meanwhile_is_told_beside_the_field() {
    let files = rule_sets().swap_remove(0);
    let known = Known::of(&files);
    let file = files.iter().find(|file| file.path == "framework.yaml").unwrap();
    let offered = fields(&known, file, "");
    let place = offered.iter().position(|one| one.field.key == "/title").unwrap();
    let mut shown: Vec<_> = offered.iter().map(|one| Some(one.now.clone())).collect();
    shown[place] = Some(vec!["What it was".to_owned()]);
    let mut entered = now(&offered);
    // Left alone, the other's change stands.
    entered[place] = vec!["What it was".to_owned()];
    assert_eq!(changes(&file.path, &offered, &shown, &entered), Ok(Vec::new()));
    entered[place] = vec!["Something else".to_owned()];
    let wrong = changes(&file.path, &offered, &shown, &entered).unwrap_err();
    assert_eq!(wrong[0].key, "/title");
    assert!(wrong[0].says.contains(&offered[place].now[0]), "{wrong:?}");
}

#[test]
fn the_numbers_inside_of_conditions_are_offered() {
    let files = rule_sets().pop().unwrap();
    let known = Known::of(&files);
    let mut numbers = 0;
    for (file, whole, at) in all_entries(&files) {
        let offered = whole.fields(&known, &at).unwrap();
        let Some(when) = whole.value(&format!("{at}/when")) else { continue };
        let mut inside = Vec::new();
        leaves(when, &format!("{at}/when"), &mut inside);
        for leaf in inside {
            numbers += 1;
            assert!(offered.iter().any(|one| one.field.key == leaf), "{} {leaf} is not offered", file.path);
        }
    }
    assert!(numbers > 10, "{numbers}");
}

fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| leaves(value, &crate::json::pointer(at, key), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| leaves(item, &format!("{at}/{place}"), found));
        }
        Value::Number(_) => found.push(at.to_owned()),
        _ => {}
    }
}
