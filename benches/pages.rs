//! What a page costs at the server, from request to HTML, against the health check through the same router.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "performance/figures.rs"]
mod figures;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use figures::Figures;
use tower::ServiceExt;
use windscreen::access::{Operation, demonstration, permit};
use windscreen::form::Draft;
use windscreen::level::Explain;
use windscreen::pages::council::Council;
use windscreen::pages::{self, Front};
use windscreen::record::once::Once;
use windscreen::record::{Places, Record};
use windscreen::serving::{Serving, now};

/// How often each page is asked for; the median counts, and the slowest is shown.
const TIMES: usize = 200;

/// An invented family of three.
const REFERRAL: &str = r#"{
    "referrer": { "organisation": "school:example-primary", "agency": "school", "source_code": "2A" },
    "account": "Often late and hungry on Mondays.", "children": [
        { "ref": "1", "name": "Invented Child", "facts": { "child_age_months": 96, "basic_care": "struggling" } },
        { "ref": "2", "name": "Another Child", "facts": { "child_age_months": 40, "keeping_safe": "some_exposure" } },
        { "ref": "3", "name": "The baby", "facts": { "is_unborn": true } }] }"#;

async fn asked(router: &Router, path: &str, cookie: &str) -> (Response<Body>, Duration) {
    let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
    let request = request.body(Body::empty()).expect("a request");
    let start = Instant::now();
    let answer = router.clone().oneshot(request).await.expect("an answer");
    (answer, start.elapsed())
}

async fn measured(router: &Router, path: &str, cookie: &str) -> (Duration, Duration, usize) {
    let mut times = Vec::new();
    let mut weight = 0;
    for _ in 0..TIMES {
        let (answer, took) = asked(router, path, cookie).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        weight = to_bytes(answer.into_body(), usize::MAX).await.expect("a body").len();
        times.push(took);
    }
    times.sort();
    (times[TIMES / 2], times[TIMES - 1], weight)
}

fn main() {
    // `cargo test --all-targets` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let record = Arc::new(Record::open(&Places::in_folder(folder.path()), now()).expect("a record"));
    let serving = Arc::new(Serving::load("rules".as_ref(), Some(Arc::clone(&record))).expect("rules"));
    let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").expect("a colour");
    let front = Arc::new(Front::new(Arc::clone(&serving), council, None).expect("templates"));
    let who = demonstration("triage-worker").expect("somebody");
    let may = |operation| permit(who.clone(), operation).expect("allowed");
    let refer = may(Operation::Refer);
    let mut reference = String::new();
    // More than a worklist shows.
    for key in 0..100 {
        let once = Once::new(&refer, &key.to_string(), "bench", REFERRAL.as_bytes());
        let pending = record.refer(&refer, &serving.rules(), REFERRAL.as_bytes(), once, Explain::Full, now());
        let event = record.answered(pending.expect("taken").wait_here().expect("recorded")).expect("there");
        if let windscreen::record::case::What::Referral(body) = &event.what {
            reference.clone_from(&body.reference);
        }
    }
    let mut draft = Draft::default();
    draft.add_child(false);
    draft.add_child(true);
    let draft = record.begin_draft(&refer, &draft, now()).expect("a draft");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut figures = Figures::of("pages");
    runtime.block_on(async {
        let router = pages::router(&front);
        let form =
            Request::post("/sign-in").header(header::HOST, "localhost").header(header::ORIGIN, "http://localhost");
        let form = form
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("who=triage-worker"));
        let answer = router.clone().oneshot(form.expect("a form")).await.expect("an answer");
        let cookie = answer.headers()[header::SET_COOKIE]
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        let (bare, ..) = measured(&router, "/livez", &cookie).await;
        println!("{:<44}{:>10}{:>10}{:>8}{:>9}", "page", "median", "slowest", "ratio", "weight");
        println!("{:<44}{:>7.2} ms", "/livez, the baseline", bare.as_secs_f64() * 1000.0);
        let paths = [
            ("start", "/".to_owned()),
            ("drafts", "/drafts".to_owned()),
            ("task_list", format!("/drafts/{draft}")),
            ("questions", format!("/drafts/{draft}/first.1.1")),
            ("check", format!("/drafts/{draft}/check")),
            // Before the referral's own page, whose every reading is an entry of that referral.
            ("worklist", "/worklist".to_owned()),
            ("answer", format!("/referrals/{reference}")),
            ("add", format!("/referrals/{reference}/information")),
            ("playground", "/playground".to_owned()),
        ];
        figures.add("baseline", bare.as_secs_f64());
        for (key, path) in paths {
            let (median, slowest, weight) = measured(&router, &path, &cookie).await;
            let shown = path.replace(&draft, "DRAFT").replace(&reference, "REFERRAL");
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            let ratio = median.as_secs_f64() / bare.as_secs_f64();
            println!("{shown:<44}{:>7.2} ms{:>7.2} ms{ratio:>8.0}{:>6} KB", ms(median), ms(slowest), weight / 1024);
            figures.add(key, median.as_secs_f64());
            figures.add(format!("{key}_slowest"), slowest.as_secs_f64());
            figures.add(format!("{key}_weight"), weight as f64);
        }
    });
    drop(runtime);
    figures.write();
}
