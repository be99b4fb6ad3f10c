//! What each problem of an answer means, and what to do: where the `help` of every problem and every fault leads.
//!
//! For everybody, since whoever is refused may be known by nobody. What is asked for is compared with the codes there
//! are, and never shown.

use axum::http::StatusCode;
use serde_json::json;

use super::asked::{Answered, Asked};
use crate::api::explained::Page;
use crate::diagnostic::nearest;

/// Longer than any code: what is longer is none that was mistyped.
const MAX_WORD: usize = 60;
/// How many codes are named to whoever looks for one that there is not: more are found faster in the list of all.
const MOST_NEAR: usize = 5;
/// Shorter parts of a code, such as `not`, say little of what it is about.
const MIN_PART: usize = 4;

fn named(page: &Page) -> serde_json::Value {
    json!({ "word": page.word, "title": page.title })
}

/// Every code, in groups.
pub(super) fn list(asked: &Asked) -> Answered {
    let groups: Vec<_> = Page::groups()
        .iter()
        .map(|(title, pages)| json!({ "title": title, "pages": pages.iter().map(named).collect::<Vec<_>>() }))
        .collect();
    asked.page("problems.html", "Problems, and what to do about them", view! { groups })
}

/// One of them.
pub(super) fn page(asked: &Asked) -> Answered {
    let word = asked.part("code");
    let Some(page) = Page::find(word) else {
        let near: Vec<_> = near(word).iter().map(named).collect();
        return asked.page_as(StatusCode::NOT_FOUND, "no_problem.html", "There is no such code", view! { near });
    };
    let explained = &page.explained;
    let kind = page.kind.map(|kind| json!({ "urn": kind.urn(), "status": kind.status() }));
    let example = explained
        .example
        .map(|example| json!({ "of": example.of.says(), "wrong": example.wrong, "right": example.right }));
    let view = view! {
        title => page.title,
        kind,
        code => page.code.map(|code| code.word()),
        means => explained.means,
        remedy => explained.remedy,
        again => explained.again.says(),
        for_people => explained.for_people,
        example,
    };
    asked.page("problem.html", page.title, view)
}

/// The codes that may be meant: the one that is written most alike, then those that share a part with it.
fn near(word: &str) -> Vec<Page> {
    if word.len() > MAX_WORD {
        return Vec::new();
    }
    let all: Vec<Page> = Page::groups().into_iter().flat_map(|(_, pages)| pages).collect();
    let word = word.to_lowercase().replace(['_', ' '], "-");
    let alike = nearest(&word, all.iter().map(|page| page.word));
    let parts: Vec<&str> = word.split('-').filter(|part| part.len() >= MIN_PART).collect();
    let shares = |page: &&Page| page.word.split('-').any(|part| parts.contains(&part));
    let mut near: Vec<Page> = Vec::new();
    for page in all.iter().filter(|page| alike == Some(page.word)).chain(all.iter().filter(shares)) {
        if near.len() < MOST_NEAR && near.iter().all(|other| other.word != page.word) {
            near.push(*page);
        }
    }
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_mistypes_a_code_is_led_to_it() {
        let words = |word: &str| near(word).iter().map(|page| page.word).collect::<Vec<_>>();
        assert_eq!(words("unknwon-fact")[0], "unknown-fact");
        assert_eq!(words("Unknown_Fact")[0], "unknown-fact");
        assert_eq!(words("too-large")[0], "too-large");
        assert!(words("column").contains(&"missing-column"));
        assert_eq!(words("unknown").len(), MOST_NEAR);
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words(&"unknown-fact-".repeat(1000)), [""; 0]);
    }
}
