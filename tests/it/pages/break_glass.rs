//! Break-glass accounts: recorded before anybody is let in, told to the board, and good for nothing that lowers.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use tempfile::TempDir;
use windscreen::access::break_glass::{Account, Accounts, Board, BreakGlass};
use windscreen::access::{Operation, demonstration, permit};
use windscreen::decision::Role;
use windscreen::pages::council::Council;
use windscreen::pages::provider::{Provider, ProviderSettings};
use windscreen::pages::{self, Front};
use windscreen::record::once::Once;
use windscreen::record::{Record, RecordError};
use windscreen::serving::{Serving, now};

use super::browser::{Browser, Page};
use crate::record::{Ask, Kept, a_family};

const PATH: &str = "/sign-in/break-glass";

/// A front door whose provider does not answer, with an account, and a program that keeps the message to the board.
struct Locked {
    _kept: Kept,
    record: Arc<Record>,
    router: Router,
    /// The API of the same record in a demonstration, where a referral is made.
    school: Router,
    secret: String,
    folder: TempDir,
}

impl Locked {
    async fn begin(takes_messages: bool) -> Self {
        tokio::task::spawn_blocking(move || Self::begin_here(takes_messages)).await.unwrap()
    }

    fn begin_here(takes_messages: bool) -> Self {
        let (kept, folder) = (Kept::in_sqlite(), tempfile::tempdir().unwrap());
        let record = kept.open();
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let serving = Arc::new(Serving::load(&rules, Some(Arc::clone(&record))).unwrap().for_tests());
        let council = Council::new("Example Council", "01632 960001", "01632 960002", "#003b5c").unwrap();
        let provider = Provider::new(ProviderSettings {
            issuer: "http://127.0.0.1:1".into(),
            client_id: "windscreen".into(),
            client_secret: "a-secret".into(),
            public_url: "http://127.0.0.1:8080".into(),
            role_claim: "role".into(),
            organisation_claim: "organisation".into(),
            second_factor: None,
            partner: None,
        });
        let (account, secret) = Account::draw("duty", Role::SocialWorkManager, "council:example").unwrap();
        let (file, program) = (folder.path().join("accounts.toml"), folder.path().join("takes"));
        fs::write(&file, Accounts::default().with(account).text()).unwrap();
        let message = folder.path().join("message");
        let script = if takes_messages {
            format!("#!/bin/sh\ncat > {}\n", message.display())
        } else {
            "#!/bin/sh\nexit 75\n".into()
        };
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
        let board = Board { to: "board@example.invalid".into(), from: "hub@example.invalid".into(), program };
        let break_glass = BreakGlass::new(&file, board, "http://127.0.0.1:8080".into()).unwrap();
        let front = Front::new(serving, council, Some(provider.unwrap())).unwrap().with_break_glass(Some(break_glass));
        let (router, school) = (pages::router(&Arc::new(front)), kept.router(&record));
        Self { _kept: kept, record, router, school, secret, folder }
    }

    fn message(&self) -> PathBuf {
        self.folder.path().join("message")
    }

    async fn enter(&self, name: &str, why: &str, secret: &str) -> (Browser, Page) {
        let mut browser = Browser::new(&self.router);
        let page = browser.post(PATH, &[("name", name), ("why", why), ("secret", secret)]).await;
        (browser, page)
    }

    /// How often the record says that one was used.
    async fn uses(&self) -> usize {
        let record = Arc::clone(&self.record);
        tokio::task::spawn_blocking(move || record.list_break_glass().unwrap().len()).await.unwrap()
    }

    async fn end(self) {
        tokio::task::spawn_blocking(move || drop(self)).await.unwrap();
    }
}

/// The page before a secret is entered.
pub async fn met_by_who_cannot_sign_in() -> Page {
    let locked = Locked::begin(true).await;
    let page = Browser::new(&locked.router).get(PATH).await;
    locked.end().await;
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_gets_in_and_the_board_is_told() {
    let locked = Locked::begin(true).await;
    let mut browser = Browser::new(&locked.router);
    assert!(browser.get("/sign-in").await.html.contains("href=\"/sign-in/break-glass\""));
    // The provider is silent: nobody gets in by it.
    assert!(browser.get("/sign-in/begin").await.path.starts_with("/sign-in?failed"));
    assert!(browser.get(PATH).await.html.contains("told to the safeguarding board"));

    for (name, why, secret, faults) in [
        (
            "",
            "",
            "",
            &["Enter your name", "Say why you cannot sign in as usual", "this is none that is known here"][..],
        ),
        ("A. Manager", "provider_silent", "SECRET-THAT-IS-NONE", &["this is none that is known here"]),
        ("A. Manager", "because", &locked.secret, &["Say why you cannot sign in as usual"]),
        ("A.\nManager", "drill", &locked.secret, &["Enter a shorter name"]),
    ] {
        let (mut browser, page) = locked.enter(name, why, secret).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{faults:?}");
        assert!(page.html.contains("<title>Error: "));
        for fault in faults {
            assert_eq!(
                page.html.matches(fault).count(),
                2,
                "in the summary and beside the field: {fault}\n{}",
                page.html
            );
        }
        assert!(secret.is_empty() || !page.html.contains(secret), "what was entered is not shown again");
        assert_eq!(browser.get("/worklist").await.status, StatusCode::SEE_OTHER, "nobody is let in");
    }
    assert_eq!((locked.uses().await, locked.message().exists()), (0, false));

    let (mut browser, page) = locked.enter("A. Manager", "provider_silent", &locked.secret.to_uppercase()).await;
    assert_eq!((page.status, page.path.as_str()), (StatusCode::SEE_OTHER, "/worklist"));
    let worklist = browser.get("/worklist").await;
    assert!(worklist.html.contains("A. Manager (break-glass) (social work manager)"), "{}", worklist.html);
    let message = fs::read_to_string(locked.message()).unwrap();
    for said in [
        "To: board@example.invalid\n",
        "`duty`",
        "By, as they say: A. Manager",
        "Why: Nobody can sign in as usual",
        "http://127.0.0.1:8080",
    ] {
        assert!(message.contains(said), "{said}: {message}");
    }
    assert!(!message.contains(&locked.secret));
    for path in ["/board", "/audit"] {
        let page = browser.get(path).await;
        let is_there =
            page.html.contains("Break-glass accounts were used") && page.html.contains("Nobody can sign in as usual");
        assert!(is_there && page.html.contains(">duty<"), "{path}: {}", page.html);
    }
    // Whoever breaks the glass is nobody whom a colleague chooses as a second person.
    let record = Arc::clone(&locked.record);
    let verified = tokio::task::spawn_blocking(move || {
        assert!(record.list_people(now()).unwrap().is_empty());
        record.verify(Vec::new()).unwrap().is_ok()
    });
    assert!(verified.await.unwrap());
    assert_eq!(locked.uses().await, 1);
    locked.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_board_is_not_told_the_record_says_it_and_where_that_cannot_nobody_gets_in() {
    let locked = Locked::begin(false).await;
    let (mut browser, page) = locked.enter("A. Manager", "nobody_reached", &locked.secret).await;
    assert_eq!((page.status, locked.uses().await), (StatusCode::SEE_OTHER, 1), "a child may wait");
    assert_eq!(browser.get("/worklist").await.status, StatusCode::OK);
    let record = Arc::clone(&locked.record);
    let full = "CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'no'); END";
    tokio::task::spawn_blocking(move || {
        record.store().write(move |transaction| Ok(transaction.db().execute(full, &[])?)).wait_here().unwrap();
    })
    .await
    .unwrap();
    let (mut browser, page) = locked.enter("A. Manager", "nobody_reached", &locked.secret).await;
    assert_eq!((page.status, locked.uses().await), (StatusCode::SERVICE_UNAVAILABLE, 1));
    assert_eq!(browser.get("/worklist").await.status, StatusCode::SEE_OTHER, "nobody is let in unrecorded");
    locked.end().await;
}

/// Whoever decided lower as themselves does not confirm it by the name that they say.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_confirms_with_a_break_glass_account() {
    let locked = Locked::begin(true).await;
    let ask = Ask { router: &locked.school, who: "school-system" };
    let (_, receipt) = ask.post("/v1/referrals", "1", &a_family()).await;
    let id = receipt["id"].as_str().unwrap().to_owned();
    let (account, _) = Account::draw("duty", Role::SocialWorkManager, "council:example").unwrap();
    let glass = account.actor("A. Manager");
    let decision = serde_json::json!({
        "child": "A", "shown": 1, "level": 2, "view": "decides_lower", "outcome": "early_help",
        "reason": { "code": "CHECKED", "says": "Checked with the family's school" },
        "next_holder": { "organisation": "council:example" },
        "second_person": { "id": glass.id, "role": "social_work_manager" },
    });
    let worker = Ask { router: &locked.school, who: "triage-worker" };
    let (status, decided) = worker.post(&format!("/v1/referrals/{id}/decisions"), "2", &decision).await;
    assert_eq!(status, StatusCode::CREATED, "{decided:#}");
    let decided = decided["id"].as_str().unwrap().to_owned();
    let record = Arc::clone(&locked.record);
    tokio::task::spawn_blocking(move || {
        let confirm = |actor| {
            let by = permit(actor, Operation::Decide).unwrap();
            let once = Once::new(&by, "3", "confirm", b"");
            record.follow_up(&by, &id, &decided, once, now()).map(|pending| drop(pending.wait_here().unwrap()))
        };
        let refused = confirm(glass);
        assert!(
            matches!(&refused, Err(RecordError::Faults(faults)) if faults[0].code.word() == "not-the-second-person"),
            "{refused:?}"
        );
        // So is everybody else: another was named.
        assert!(confirm(demonstration("manager").unwrap()).is_err());
    })
    .await
    .unwrap();
    locked.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_accounts_there_is_no_such_page() {
    let served = super::Served::begin().await;
    let mut browser = Browser::new(&served.router);
    assert!(!browser.get("/sign-in").await.html.contains("break-glass"));
    assert_eq!(browser.get(PATH).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        browser.post(PATH, &[("name", "A"), ("why", "drill"), ("secret", "x")]).await.status,
        StatusCode::NOT_FOUND
    );
    served.end().await;
}
