//! Rules changed in forms: what the form shows, what is saved, what stays as its author wrote it, and what is told.

use axum::http::StatusCode;
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::rules_dir;
use windscreen::serving::now;

use super::Served;
use super::browser::{Browser, Page};

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rule_sets/good/tiny");
const DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

fn author() -> Permit {
    permit(demonstration("rule-author").unwrap(), Operation::ProposeRules).unwrap()
}

/// A draft of the files of a folder, kept; its id.
async fn draft_of(served: &Served, folder: &str) -> String {
    let (record, folder) = (std::sync::Arc::clone(&served.record), folder.to_owned());
    let begin = move || {
        let files = rules_dir::read(folder.as_ref()).unwrap();
        record.begin_rule_draft(&author(), "Of the test", &files, None, now()).unwrap()
    };
    tokio::task::spawn_blocking(begin).await.unwrap()
}

/// The text of a file of a draft, and the draft's version.
async fn file_of(served: &Served, draft: &str, path: &str) -> (String, i64) {
    let (record, draft, path) = (std::sync::Arc::clone(&served.record), draft.to_owned(), path.to_owned());
    let find = move || {
        let draft = record.find_rule_draft(&draft).unwrap();
        let file = draft.files.iter().find(|file| file.path == path).unwrap().clone();
        (String::from_utf8(file.bytes).unwrap(), draft.listed.version)
    };
    tokio::task::spawn_blocking(find).await.unwrap()
}

fn entry(draft: &str, file: &str, at: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("file", file).append_pair("at", at);
    format!("/rule-drafts/{draft}/entry?{}", query.finish())
}

fn filled(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn told(page: &Page) -> String {
    page.between("govuk-error-summary", "</form>").unwrap_or_default()
}

/// The addresses that a page links to inside of a draft.
fn links(page: &Page, draft: &str) -> Vec<String> {
    let all = page.html.split("href=\"").skip(1).map(|rest| super::browser::unescaped(rest.split('"').next().unwrap()));
    all.filter(|to| to.starts_with(&format!("/rule-drafts/{draft}/"))).collect()
}

/// A page of each kind that an author meets.
pub async fn met_by_an_author(served: &Served) -> Vec<Page> {
    let draft = draft_of(served, DEFAULT).await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let (file, examples) = ("criteria/physical_harm.yaml", "criteria/physical_harm_test.yaml");
    let of = |page: &str, file: &str| format!("/rule-drafts/{draft}/{page}?file={}", file.replace('/', "%2F"));
    let example = "&at=%2Fexamples%2Fbruise_on_a_baby_that_cannot_move";
    let mut pages = Vec::new();
    for path in [
        format!("/rule-drafts/{draft}/files"),
        of("entries", file),
        of("text", file),
        of("example", examples),
        format!("{}{example}", of("remove", examples)),
        entry(&draft, file, "/indicators/frequent_accidents"),
    ] {
        pages.push(browser.go(&path).await);
    }
    let form = pages.last().unwrap().form("/entry");
    pages.push(browser.submit_only(&form, &filled(&[("at", "/indicators/none")])).await);
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_changes_in_a_form_and_the_rest_of_its_file_stays() {
    let served = Served::begin().await;
    let draft = draft_of(&served, DEFAULT).await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let files = browser.go(&format!("/rule-drafts/{draft}/files")).await;
    assert!(files.html.contains("Physical harm") && files.html.contains("Framework and levels"), "{}", files.html);
    let file = "criteria/physical_harm.yaml";
    let topic = links(&files, &draft).into_iter().find(|to| to.contains("entries") && to.contains("physical_harm."));
    let topic = browser.go(&topic.unwrap()).await;
    assert!(topic.html.contains("If injured, how does the explanation fit?"));
    let (before, version) = file_of(&served, &draft, file).await;
    let at = "/indicators/injury_explanation";
    let page = browser.go(&entry(&draft, file, at)).await;
    assert!(page.html.contains("If the answer is “Unexplained”"), "{}", page.html);
    let changes = filled(&[
        (&format!("{at}/ask"), "If injured: how does the explanation fit?"),
        (&format!("{at}/answers/unexplained/gives"), "counts 3"),
        (&format!("{at}/hint"), "Ask gently"),
        (&format!("{at}/answers/unexplained/within"), "4 hours"),
    ]);
    let saved = browser.submit_only(&page.form("/entry"), &changes).await;
    assert_eq!((saved.status, saved.path), (StatusCode::SEE_OTHER, format!("/rule-drafts/{draft}")), "{}", saved.html);
    let (after, new_version) = file_of(&served, &draft, file).await;
    let wanted = before
        .replace("ask: If injured, how does", "ask: \"If injured: how does")
        .replace("explanation fit?\n    say: Is the child injured", "explanation fit?\"\n    say: Is the child injured")
        .replace("and does that fit?\n", "and does that fit?\n    hint: Ask gently\n")
        .replace(
            "unexplained: { floor: 4, consider: [s47] }",
            "unexplained: { counts: 3, consider: [s47], within: { hours: 4 } }",
        );
    assert_eq!(after, wanted);
    assert_eq!(new_version, version + 1);
    // What is sent as it was shown saves nothing.
    let page = browser.go(&entry(&draft, file, at)).await;
    browser.submit_only(&page.form("/entry"), &[]).await;
    assert_eq!(file_of(&served, &draft, file).await, (after, new_version));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost() {
    let served = Served::with_rules(TINY.as_ref()).await;
    let draft = draft_of(&served, TINY).await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let at = "/indicators/missing_episodes";
    let page = browser.go(&entry(&draft, "criteria/harm_now.yaml", at)).await;
    let bad = filled(&[
        (&format!("{at}/ask"), ""),
        (&format!("{at}/say"), "<b>How often</b>"),
        (&format!("{at}/bands/1/at_least"), "three"),
        (&format!("{at}/bands/1/within"), "soon"),
    ]);
    let page = browser.submit_only(&page.form("/entry"), &bad).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.title().starts_with("Error: "));
    let told = told(&page);
    for says in ["Question: this cannot be left empty", "enter a whole number", "enter a time such as at once, 4 hours"]
    {
        assert!(told.contains(says), "{says}: {told}");
    }
    assert!(
        page.html.contains("&lt;b&gt;How often&lt;/b&gt;") || page.html.contains("&lt;b&gt;How often&lt;&#x2f;b&gt;")
    );
    let inputs = page.form("/entry").inputs;
    let value = |key: &str| inputs.iter().find(|input| input.name == format!("{at}/{key}")).unwrap().value.clone();
    assert_eq!((value("bands/1/at_least"), value("bands/1/within")), ("three".to_owned(), "soon".to_owned()));
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authors_at_once_are_told_of_each_other() {
    let served = Served::with_rules(TINY.as_ref()).await;
    let draft = draft_of(&served, TINY).await;
    let (file, at) = ("criteria/home.yaml", "/indicators/poor_housing");
    let mut one = Browser::signed_in(&served.router, "rule-author").await;
    let mut other = Browser::signed_in(&served.router, "rule-author").await;
    let ask = format!("{at}/ask");
    let says = format!("{at}/if_yes/says");
    let (first, second) = (one.go(&entry(&draft, file, at)).await, other.go(&entry(&draft, file, at)).await);
    one.submit_only(&first.form("/entry"), &filled(&[(&ask, "Is it crowded?")])).await;
    // Another field of the same question is merged.
    let saved = other.submit_only(&second.form("/entry"), &filled(&[(&says, "It is crowded")])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);
    let (text, _) = file_of(&served, &draft, file).await;
    assert!(
        text.contains("ask: Is it crowded?\n") && text.contains("if_yes: { counts: 2, says: It is crowded }"),
        "{text}"
    );
    // The same field is not; what was typed stands there, and a second press puts it in.
    let page = other.submit_only(&second.form("/entry"), &filled(&[(&ask, "Is it too small?")])).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told(&page).contains("somebody else changed this meanwhile, to “Is it crowded?”"), "{}", told(&page));
    let form = page.form("/entry");
    assert_eq!(form.inputs.iter().find(|input| input.name == ask).unwrap().value, "Is it too small?");
    // What the other author did elsewhere is not undone by it.
    assert_eq!(form.inputs.iter().find(|input| input.name == says).unwrap().value, "It is crowded");
    other.submit_only(&form, &[]).await;
    let (text, _) = file_of(&served, &draft, file).await;
    assert!(text.contains("ask: Is it too small?\n") && text.contains("says: It is crowded"), "{text}");
    // A question that is gone takes nothing typed with it.
    let page = one.go(&entry(&draft, file, at)).await;
    let raw = one.go(&format!("/rule-drafts/{draft}/text?file=criteria%2Fhome.yaml")).await;
    let renamed = text.replace("id: poor_housing", "id: bad_housing");
    one.submit_only(&raw.form("/text"), &filled(&[("text", &renamed)])).await;
    let gone = one.submit_only(&page.form("/entry"), &filled(&[(&ask, "Typed for nothing?")])).await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    assert!(gone.html.contains("Typed for nothing?"), "{}", gone.html);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_example_is_added_by_form_and_removed_again() {
    let served = Served::with_rules(TINY.as_ref()).await;
    let draft = draft_of(&served, TINY).await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let file = "criteria/home_test.yaml";
    let (before, _) = file_of(&served, &draft, file).await;
    let address = format!("/rule-drafts/{draft}/example?file=criteria%2Fhome_test.yaml");
    let page = browser.go(&address).await;
    assert!(page.html.contains("Is the home overcrowded or in bad repair?") && !page.html.contains("fact.injury"));
    // The questions of another topic come beside what was typed.
    let typed = [("id", "a_new_one"), ("story", "A home: cold, and \"damp\""), ("fact.poor_housing", "yes")];
    let more = [&typed[..], &[("topics", "harm_now"), ("do", "show")]].concat();
    let page = browser.submit_only(&page.form("/example"), &filled(&more)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    assert!(page.html.contains("Has the child an injury"), "{}", page.html);
    assert_eq!(page.form("/example").inputs.iter().find(|input| input.name == "id").unwrap().value, "a_new_one");
    // An example without an expectation says nothing.
    let page = browser.submit_only(&page.form("/example"), &filled(&[("do", "add"), ("topics", "harm_now")])).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told(&page).contains("Choose the level that is expected"), "{}", told(&page));
    let rest = [("fact.injury", "unexplained"), ("fact.missing_episodes", "2"), ("fact.danger_now", "not_known")];
    let rest = [&rest[..], &[("at_least", "4"), ("at_most", "5"), ("topics", "harm_now"), ("do", "add")]].concat();
    let saved = browser.submit_only(&page.form("/example"), &filled(&rest)).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);
    let (after, _) = file_of(&served, &draft, file).await;
    assert_eq!(
        after.strip_prefix(before.trim_end()).unwrap(),
        "\n  - id: a_new_one\n    story: \"A home: cold, and \\\"damp\\\"\"\n    facts: { danger_now: not_known, injury: \
         unexplained, missing_episodes: 2, poor_housing: true }\n    expect: { at_least: 4, at_most: 5 }\n"
    );
    // Its name is taken now.
    let page = browser.go(&address).await;
    let again = [&typed[..], &[("level", "2"), ("do", "add")]].concat();
    let page = browser.submit_only(&page.form("/example"), &filled(&again)).await;
    assert!(told(&page).contains("Another example has this name"), "{}", told(&page));
    // It has a form of its own, and goes again.
    let page = browser.go(&entry(&draft, file, "/examples/a_new_one")).await;
    assert!(page.html.contains("Settled at level"), "{}", page.html);
    // Another fact comes in as not known, and is answered then.
    let at = "/examples/a_new_one/facts";
    browser.submit_only(&page.form("/entry"), &filled(&[(&format!("{at}+"), "poor_routine")])).await;
    let page = browser.go(&entry(&draft, file, "/examples/a_new_one")).await;
    browser.submit_only(&page.form("/entry"), &filled(&[(&format!("{at}/poor_routine"), "no")])).await;
    let (text, _) = file_of(&served, &draft, file).await;
    assert!(text.contains("poor_housing: true, poor_routine: false }"), "{text}");
    let ask = links(&page, &draft).into_iter().find(|to| to.contains("/remove")).unwrap();
    let page = browser.go(&ask).await;
    let removed = browser.submit_only(&page.form("/remove"), &[]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.html);
    assert_eq!(file_of(&served, &draft, file).await.0, before);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_edited_as_text_and_what_is_typed_stays_with_its_problems() {
    let served = Served::with_rules(TINY.as_ref()).await;
    let draft = draft_of(&served, TINY).await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let address = format!("/rule-drafts/{draft}/text?file=criteria%2Fhome.yaml");
    let page = browser.go(&address).await;
    let (before, version) = file_of(&served, &draft, "criteria/home.yaml").await;
    // As a browser sends it, unchanged but for its line ends.
    let sent = before.replace('\n', "\r\n");
    browser.submit_only(&page.form("/text"), &filled(&[("text", &sent)])).await;
    assert_eq!(file_of(&served, &draft, "criteria/home.yaml").await.0, before);
    let page = browser.go(&address).await;
    let broken = before.replace("ask: Is the home", "ask: \"Is the home");
    let page = browser.submit_only(&page.form("/text"), &filled(&[("text", &broken)])).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("Error in line"), "{}", page.html);
    let typed = page.form("/text").inputs.into_iter().find(|input| input.name == "text").unwrap().value;
    assert_eq!(typed.trim_end(), broken.trim_end());
    // What reads and does not stand is kept: its problems are told, and an author may stop half-way.
    let wrong = before.replace("domain: environment", "domain: somewhere");
    let saved = browser.submit_only(&page.form("/text"), &filled(&[("text", &wrong)])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);
    let page = browser.go(&address).await;
    assert!(page.html.contains("none of the words that may stand here"), "{}", page.html);
    // Somebody else's text is not overwritten unseen.
    let (text, _) = file_of(&served, &draft, "criteria/home.yaml").await;
    let mut other = Browser::signed_in(&served.router, "rule-author").await;
    let theirs = other.go(&address).await;
    other.submit_only(&theirs.form("/text"), &filled(&[("text", &before)])).await;
    let late = browser.submit_only(&page.form("/text"), &filled(&[("text", &format!("{text}# mine\n"))])).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told(&late).contains("Somebody else saved this file meanwhile") && late.html.contains("# mine"));
    assert!(file_of(&served, &draft, "criteria/home.yaml").await.1 > version);
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_of_the_default_rules_has_a_page() {
    let served = Served::begin().await;
    let draft = draft_of(&served, DEFAULT).await;
    let mut browser = Browser::signed_in(&served.router, "rule-author").await;
    let files = browser.go(&format!("/rule-drafts/{draft}/files")).await;
    let mut pages = 0;
    for (place, file) in links(&files, &draft).into_iter().enumerate().filter(|(place, _)| place % 6 == 0) {
        let page = browser.go(&file).await;
        assert_eq!(page.status, StatusCode::OK, "{file}");
        // Of some files one entry each: every one of them is tried without pages.
        let entries: Vec<_> = links(&page, &draft).into_iter().filter(|to| to.contains("/entry?")).collect();
        for entry in entries.iter().skip(place % 7).take(1) {
            let page = browser.go(entry).await;
            assert_eq!(page.status, StatusCode::OK, "{entry}");
            pages += 1;
        }
    }
    assert!(pages > 4, "{pages}");
    served.end().await;
}
