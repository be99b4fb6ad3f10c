//! A changed folder while requests go on.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use futures_util::stream;
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use windscreen::api::router;
use windscreen::serving::{NoRules, Serving, Watch};

use super::{TINY, ask, folder, get, post};

fn served() -> (TempDir, Arc<Serving>) {
    let copy = tempfile::tempdir().unwrap();
    let rules = copy.path().join("rules");
    fs::create_dir(&rules).unwrap();
    crate::copy(&folder(TINY), &rules);
    let serving = Arc::new(Serving::load(&rules, None).unwrap());
    (copy, serving)
}

/// Replaces a file as editors do: a new one is written beside it and takes its name.
fn edit(rules: &Path, from: &str, to: &str) {
    let path = rules.join("criteria/home.yaml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    let beside = rules.parent().unwrap().join("being written");
    fs::write(&beside, text.replace(from, to)).unwrap();
    fs::rename(beside, path).unwrap();
}

#[tokio::test]
async fn a_changed_folder_is_swapped_in_and_an_invalid_change_is_not() {
    let (_copy, serving) = served();
    let before = serving.rules();
    assert!(serving.reload().unwrap().is_none(), "nothing changed");

    edit(serving.folder(), "counts: 2", "counts: 9");
    let Err(NoRules::Problems(problems)) = serving.reload() else { panic!("an unknown level is refused") };
    assert!(problems.iter().all(|problem| problem.code == "unknown-level"), "{problems:?}");
    assert_eq!(serving.rules().id(), before.id(), "the old set stays");

    edit(serving.folder(), "counts: 9", "counts: 3");
    let digest = serving.reload().unwrap().expect("the rules changed");
    assert_eq!(serving.rules().id().digest, digest);
    assert_ne!(before.id().digest, digest, "a request that began before still holds the old set");
}

#[tokio::test]
async fn what_comes_next_is_read_again_too_and_is_next_until_it_is_in_force() {
    let (copy, serving) = served();
    let next = copy.path().join("next");
    fs::create_dir(&next).unwrap();
    crate::copy(&folder("fixtures/rule_sets/good/tiny_next"), &next);
    let serving = Arc::try_unwrap(serving).unwrap().with_next(&next).unwrap();
    let first = serving.next_rules().unwrap().id().digest.clone();

    edit(&next, "counts: 2", "counts: 9");
    assert!(matches!(serving.reload(), Err(NoRules::Problems(_))));
    assert_eq!(serving.next_rules().unwrap().id().digest, first, "what has errors stays as it was");
    // Errors in what comes next keep nothing from what is in force.
    edit(serving.folder(), "counts: 2", "counts: 3");
    let before = serving.rules().id().digest.clone();
    assert!(matches!(serving.reload(), Err(NoRules::Problems(_))));
    assert_ne!(serving.rules().id().digest, before);

    edit(&next, "counts: 9", "counts: 4");
    assert!(serving.reload().unwrap().is_none(), "what is in force did not change");
    let second = serving.next_rules().unwrap();
    assert_ne!(second.id().digest, first);

    // Put in force, it is the next no more, and its notice ends.
    fs::remove_dir_all(serving.folder()).unwrap();
    fs::create_dir(serving.folder()).unwrap();
    crate::copy(&next, serving.folder());
    assert_eq!(serving.reload().unwrap().as_ref(), Some(&second.id().digest));
    assert!(serving.next_rules().is_none());
    let answer = ask(&router(Arc::new(serving)), get("/v1/rule-sets/next")).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(!answer.headers().contains_key("windscreen-next-rule-set"));
}

#[tokio::test]
async fn a_batch_under_way_keeps_its_rule_set() {
    let (_copy, serving) = served();
    let router = router(Arc::clone(&serving));
    let before = serving.rules().id().digest.clone();
    let (more, rest) = mpsc::channel::<&str>(1);
    let lines = stream::unfold(rest, |mut rest| async { Some((std::io::Result::Ok(rest.recv().await?), rest)) });
    let asked = ask(&router, post("/v1/evaluations/batch", "application/x-ndjson", Body::from_stream(lines))).await;
    let mut answers = asked.into_body();
    for _ in 0..2 {
        more.send("{\"facts\":{\"poor_housing\":true}}\n").await.unwrap();
        let line = answers.frame().await.unwrap().unwrap().into_data().unwrap();
        let answer: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(answer["evaluation"]["rule_set"]["digest"], before, "{answer}");
        edit(serving.folder(), "counts: ", "counts:  ");
        serving.reload().unwrap().expect("the rules changed");
    }
    let version = super::json(ask(&router, get("/version")).await).await;
    assert_ne!(version["rule_set"]["digest"], before);
}

type Told = mpsc::UnboundedReceiver<Result<String, String>>;

fn watched(serving: &Arc<Serving>) -> Told {
    let (tell, told) = mpsc::unbounded_channel();
    let watch = Watch::new(Arc::clone(serving)).unwrap();
    tokio::spawn(watch.run(move |reloaded| {
        tell.send(reloaded.map_err(|error| error.to_string())).unwrap();
    }));
    told
}

/// What the watch tells next; a test that waits longer than this has failed.
async fn next(told: &mut Told) -> Result<String, String> {
    tokio::time::timeout(Duration::from_secs(20), told.recv()).await.expect("nothing was told").unwrap()
}

#[tokio::test]
async fn a_watched_folder_is_read_again_when_it_changes() {
    let (_copy, serving) = served();
    let before = serving.rules().id().digest.clone();
    let mut told = watched(&serving);

    edit(serving.folder(), "counts: 2", "counts: 3");
    let changed = next(&mut told).await.unwrap();
    assert_ne!(changed, before);
    assert_eq!(serving.rules().id().digest, changed);

    edit(serving.folder(), "counts: 3", "counts: 9");
    assert_eq!(next(&mut told).await.unwrap_err(), "the rules have errors");
    assert_eq!(serving.rules().id().digest, changed, "the old set stays");

    edit(serving.folder(), "counts: 9", "counts: 3");
    assert_eq!(next(&mut told).await.unwrap(), changed, "that the rules are in order again is told");
    assert_eq!(ask(&router(serving), get("/readyz")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_folder_put_in_its_place_is_watched_instead() {
    let (copy, serving) = served();
    let before = serving.rules().id().digest.clone();
    let mut told = watched(&serving);
    fs::rename(serving.folder(), copy.path().join("older")).unwrap();
    assert!(next(&mut told).await.unwrap_err().starts_with("there is no rules folder"));
    let newer = copy.path().join("newer");
    fs::create_dir(&newer).unwrap();
    crate::copy(&folder(TINY), &newer);
    fs::rename(&newer, serving.folder()).unwrap();
    assert_eq!(next(&mut told).await.unwrap(), before);
    edit(serving.folder(), "counts: 2", "counts: 3");
    assert_ne!(next(&mut told).await.unwrap(), before);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_another_folder_is_followed() {
    use std::os::unix::fs::symlink;
    let copy = tempfile::tempdir().unwrap();
    for version in ["one", "two"] {
        fs::create_dir(copy.path().join(version)).unwrap();
        crate::copy(&folder(TINY), &copy.path().join(version));
    }
    edit(&copy.path().join("two"), "counts: 2", "counts: 3");
    let link = copy.path().join("rules");
    symlink(copy.path().join("one"), &link).unwrap();
    let serving = Arc::new(Serving::load(&link, None).unwrap());
    let before = serving.rules().id().digest.clone();
    let mut told = watched(&serving);
    symlink(copy.path().join("two"), copy.path().join("next")).unwrap();
    fs::rename(copy.path().join("next"), &link).unwrap();
    let after = next(&mut told).await.unwrap();
    assert_ne!(after, before);
    edit(&copy.path().join("two"), "counts: 3", "counts: 2");
    assert_eq!(next(&mut told).await.unwrap(), before, "and watched where it leads");
}
