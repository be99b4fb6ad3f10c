//! Every scalar of every file, set to something else: all other bytes stay, both readers read exactly that, and setting
//! it back gives the tree that was.

use std::ops::Range;

use serde_json::Value;

use super::super::edit::{self, Part};
use super::super::{What, changed, read, same, value, value_mut};
use super::corpus::{anything, cases, files, is_tried};
use super::dice::Dice;
use crate::criteria::yaml::{Inside, Laid};

/// Rounds in which all scalars of a file are set at once; times `WINDSCREEN_TEST_CASES`.
const ROUNDS: usize = 2;
/// Single changes a file, each read again; times `WINDSCREEN_TEST_CASES`.
const SINGLE: usize = 1;

/// The path of every scalar.
fn scalars(laid: &Laid) -> Vec<Vec<Part>> {
    fn walk(laid: &Laid, path: &mut Vec<Part>, found: &mut Vec<Vec<Part>>) {
        let mut into = |part: Part, laid: &Laid| {
            path.push(part);
            walk(laid, path, found);
            path.pop();
        };
        match &laid.inside {
            Inside::Scalar => found.push(path.clone()),
            Inside::Map(keys) => keys.iter().for_each(|key| into(Part::Key(key.name.clone()), &key.value)),
            Inside::List(items) => {
                items.iter().enumerate().for_each(|(place, (_, item))| into(Part::Item(place), item));
            }
        }
    }
    let mut found = Vec::new();
    walk(laid, &mut Vec::new(), &mut found);
    found
}

/// What lies between the scalars of a file, in order.
fn between(text: &str, laid: &Laid) -> Vec<String> {
    let mut spans: Vec<Range<usize>> =
        scalars(laid).iter().map(|path| edit::find(text, laid, path).unwrap().laid.span.clone()).collect();
    spans.sort_by_key(|span| span.start);
    let mut at = 0;
    let mut parts = Vec::new();
    for span in spans {
        parts.push(text[at..span.start].to_owned());
        at = span.end;
    }
    parts.push(text[at..].to_owned());
    parts
}

#[test]
fn every_file_that_ships_is_laid_out() {
    for (file, text) in files() {
        let laid = read(&file, &text).unwrap().laid;
        assert!(laid.is_some(), "{file} is not laid out:\n{text}");
    }
}

#[test]
fn a_scalar_that_is_set_is_read_and_nothing_else_changes() {
    let mut dice = Dice::new(1);
    let mut tried = 0;
    for (file, text) in files() {
        let before = read(&file, &text).unwrap();
        let laid = before.laid.unwrap();
        let paths = scalars(&laid);
        let kept = between(&text, &laid);
        for _ in 0..ROUNDS * cases() {
            let mut expected = before.plain.clone();
            let mut edits = Vec::new();
            for path in &paths {
                let to = anything(&mut dice);
                edits.extend(edit::set(&text, &edit::find(&text, &laid, path).unwrap(), &to));
                *value_mut(&mut expected, path).unwrap() = to;
                tried += 1;
            }
            let new = edit::edited(&text, &edits);
            let after = read(&file, &new).unwrap_or_else(|problems| panic!("{file}: {problems:?}\n{new}"));
            for path in &paths {
                let (got, wanted) = (value(&after.plain, path), value(&expected, path));
                assert_eq!(got, wanted, "{file} {path:?}\n{new}");
            }
            assert!(same(&after.plain, &expected), "{file}\n{new}");
            let still = between(&new, &after.laid.unwrap_or_else(|| panic!("{file} is not laid out\n{new}")));
            // A space comes behind the colon of an empty value; a comment behind the head of a block stays on its line.
            if file == "odd.yaml" {
                let squeezed = |parts: &[String]| parts.concat().split_whitespace().collect::<String>();
                let still = squeezed(&still).replace("#behindthehead", "");
                assert_eq!(still, squeezed(&kept), "{file}\n{new}");
            } else {
                assert_eq!(still, kept, "{file}\n{new}");
            }
        }
    }
    assert!(tried > 1000 * ROUNDS, "only {tried} scalars were tried");
}

#[test]
fn a_scalar_that_is_set_back_gives_the_tree_that_was() {
    let mut dice = Dice::new(2);
    for (file, text) in files() {
        if !is_tried(&text, &mut dice, 15) {
            continue;
        }
        let before = read(&file, &text).unwrap();
        let paths = scalars(before.laid.as_ref().unwrap());
        for _ in 0..SINGLE * cases() {
            let path = dice.one_of(&paths);
            let at = pointer(path);
            let was = value(&before.plain, path).unwrap().clone();
            let to = anything(&mut dice);
            let set = What::Set { was: was.clone(), to: to.clone() };
            let new = changed(&file, &text, &at, &set).unwrap_or_else(|why| panic!("{file} {at}: {why}"));
            let back = What::Set { was: to, to: was };
            let old = changed(&file, &new, &at, &back).unwrap_or_else(|why| panic!("{file} {at}: {why}\n{new}"));
            assert!(same(&read(&file, &old).unwrap().plain, &before.plain), "{file} {at}");
        }
    }
}

#[test]
fn a_wording_that_is_set_back_gives_the_bytes_that_were() {
    let mut dice = Dice::new(3);
    for (file, text) in files().into_iter().filter(|(file, _)| file != "odd.yaml") {
        if !is_tried(&text, &mut dice, 6) {
            continue;
        }
        let before = read(&file, &text).unwrap();
        let laid = before.laid.as_ref().unwrap();
        for _ in 0..ROUNDS * cases() {
            let paths = scalars(laid);
            let path = dice.one_of(&paths);
            let was = value(&before.plain, path).unwrap();
            let Value::String(words) = was else { continue };
            let found = edit::find(&text, laid, path).unwrap();
            let to: Value = format!("{words} and so on").into();
            let new = edit::edited(&text, &edit::set(&text, &found, &to));
            let after = read(&file, &new).unwrap().laid.unwrap();
            let found_again = edit::find(&new, &after, path).unwrap();
            if found.laid.written != found_again.laid.written && text[found.laid.span.clone()].len() > 80 {
                // A line that became too long was folded, and stays so.
                continue;
            }
            let old = edit::edited(&new, &edit::set(&new, &found_again, was));
            assert_eq!(old, text, "{file} {path:?}");
        }
    }
}

/// A path as it is written.
pub fn pointer(path: &[Part]) -> String {
    path.iter().fold(String::new(), |at, part| match part {
        Part::Key(key) => crate::json::pointer(&at, key),
        Part::Item(place) => format!("{at}/{place}"),
    })
}
