//! Drafts and sessions: kept for a time, sealed, for those alone whose they are.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::decision::{Actor, Role};
use windscreen::form::Draft;
use windscreen::record::drafts::{DRAFT_KEPT_DAYS, DraftFound, DraftKept};
use windscreen::record::sessions::{AT_MOST, IDLE, SessionSecret};
use windscreen::record::{Record, RecordError};
use windscreen::serving::now;

use super::{Kept, closed, opened};

on_both!(
    a_draft_is_kept_sealed_and_goes,
    a_session_is_known_by_its_secret_alone_and_ends,
    a_session_that_was_not_begun_here_is_as_if_it_were_not_there,
    whoever_may_confirm_is_offered_while_they_sign_in,
);

fn may(who: &str) -> Permit {
    permit(demonstration(who).unwrap(), Operation::Refer).unwrap()
}

async fn away<T: Send + 'static>(record: &Arc<Record>, work: impl FnOnce(&Record) -> T + Send + 'static) -> T {
    let record = Arc::clone(record);
    tokio::task::spawn_blocking(move || work(&record)).await.unwrap()
}

fn found(record: &Record, who: &str, id: &str, at: Timestamp) -> Result<DraftKept, RecordError> {
    match record.find_draft(&may(who), id, at)? {
        DraftFound::Open(kept) => Ok(*kept),
        DraftFound::Sent(referral) => panic!("it was sent as {referral}"),
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

async fn a_draft_is_kept_sealed_and_goes(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    away(&record, |record| {
        let at = now();
        let mut draft = Draft::default();
        draft.add_child(false);
        draft.enter("child.1.name", vec!["CANARY-NAME".into()]);
        let id = record.begin_draft(&may("triage-worker"), &draft, at).unwrap();
        // Whoever works for the same organisation goes on with it; for anybody else it is not there.
        let mut colleagues = found(record, "social-worker", &id, at).unwrap();
        assert_eq!((colleagues.version, &colleagues.draft), (1, &draft));
        assert!(matches!(found(record, "teacher", &id, at), Err(RecordError::NotFound)));
        assert_eq!(record.list_drafts(&may("teacher"), at).unwrap().len(), 0);
        // Of two savings of one version the second is refused.
        let mut own = found(record, "triage-worker", &id, at).unwrap();
        own.draft.enter("account.seen", vec!["Own".into()]);
        colleagues.draft.enter("account.seen", vec!["Colleague's".into()]);
        record.save_draft(&may("triage-worker"), &own, at).unwrap();
        assert!(matches!(record.save_draft(&may("social-worker"), &colleagues, at), Err(RecordError::Moved(_))));
        assert!(matches!(record.save_draft(&may("teacher"), &own, at), Err(RecordError::NotFound)));
        assert_eq!(found(record, "triage-worker", &id, at).unwrap().draft.one("account.seen"), "Own");
        // In the database nothing can be read, under old keys or new.
        let sealed = |record: &Record| {
            let rows = record.store().read(|db| db.query("SELECT sealed_key, sealed FROM draft", &[]));
            let mut row = rows.unwrap().remove(0);
            (row.bytes().unwrap(), row.bytes().unwrap())
        };
        let before = sealed(record);
        assert!(!before.1.windows(6).any(|part| part == b"CANARY"));
        assert_eq!(record.reseal().unwrap(), 1);
        assert_ne!(sealed(record).0, before.0);
        assert_eq!(found(record, "triage-worker", &id, at).unwrap().version, 2);
        // An earlier saving put back in its place does not open.
        let put_back = record.store().write(move |transaction| {
            let values = [before.1.as_slice().into()];
            let _ = transaction.db().execute("UPDATE draft SET version = 3, sealed = $1", &values)?;
            Ok(())
        });
        put_back.wait_here().unwrap();
        assert!(matches!(found(record, "triage-worker", &id, at), Err(RecordError::Damaged(_))));
        // Nobody touches it for too long: it is not there, and the next one begun takes it away.
        let later = at + days(DRAFT_KEPT_DAYS) + SignedDuration::from_secs(1);
        assert!(matches!(found(record, "triage-worker", &id, later), Err(RecordError::NotFound)));
        let next = record.begin_draft(&may("triage-worker"), &draft, later).unwrap();
        assert_eq!(record.list_drafts(&may("triage-worker"), later).unwrap().len(), 1);
        // What was sent leads to what it became, and holds nothing any more.
        let mut kept = found(record, "triage-worker", &next, later).unwrap();
        let sent = kept.clone();
        kept.draft.enter("account.seen", vec!["In that very moment".into()]);
        record.save_draft(&may("social-worker"), &kept, later).unwrap();
        record.end_draft(&sent, "A-REFERRAL").unwrap();
        let kept = found(record, "triage-worker", &next, later).unwrap();
        assert_eq!(kept.draft.one("account.seen"), "In that very moment", "what came between stays");
        record.end_draft(&kept, "A-REFERRAL").unwrap();
        let sent = record.find_draft(&may("triage-worker"), &next, later).unwrap();
        assert!(matches!(sent, DraftFound::Sent(referral) if referral == "A-REFERRAL"));
        assert_eq!(sealed(record), (Vec::new(), Vec::new()));
        assert_eq!(record.list_drafts(&may("triage-worker"), later).unwrap().len(), 0);
        assert_eq!(record.reseal().unwrap(), 0);
        record.erase_draft(&may("triage-worker"), &next, later).unwrap();
        assert!(matches!(record.find_draft(&may("triage-worker"), &next, later), Err(RecordError::NotFound)));
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

/// What whoever can write to the database may do to let somebody in: a row of their own, or another word in one that is there.
async fn a_session_that_was_not_begun_here_is_as_if_it_were_not_there(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    away(&record, |record| {
        let at = now();
        let begin = |who: &str| record.begin_session(&who.to_owned(), at).unwrap();
        let who = |secret: &SessionSecret| record.find_session::<String>(secret, at).unwrap().map(|found| found.who);
        let is_sound = || record.verify(Vec::new()).unwrap().map_err(|damage| damage.to_string());
        let by_hand = |sql: &'static str, planted: &[u8]| {
            let planted = planted.to_vec();
            let write = move |transaction: &mut windscreen::record::store::Transaction<'_>| {
                let values = [planted.as_slice().into()];
                Ok(transaction.db().execute(sql, if sql.contains("$1") { &values } else { &[] })?)
            };
            assert_eq!(record.store().write(write).wait_here().unwrap(), 1, "{sql}");
        };
        // Known by its secret without a key, as the program of before did.
        let planted = SessionSecret::sent("planted");
        let hash = Sha256::new().chain_update(b"windscreen session 1\0").chain_update("planted").finalize();
        for sql in [
            "UPDATE session SET who = '\"manager\"'",
            "UPDATE session SET seen_at = seen_at + 1",
            "UPDATE session SET began_at = began_at + 1",
            "UPDATE session SET mac = NULL",
            "UPDATE session SET hash = $1",
            "INSERT INTO session (hash, who, began_at, seen_at) SELECT $1, '\"manager\"', began_at, seen_at FROM session",
            "INSERT INTO session (hash, who, began_at, seen_at, mac) SELECT $1, who, began_at, seen_at, mac FROM session",
        ] {
            let secret = begin("clerk");
            assert_eq!((who(&secret).as_deref(), is_sound().map(|_| ())), (Some("clerk"), Ok(())));
            by_hand(sql, &hash);
            assert_eq!(who(&planted), None, "{sql}");
            assert_eq!(who(&secret).is_some(), sql.starts_with("INSERT"), "{sql}");
            let told = is_sound().unwrap_err();
            assert!(told.contains("a session: it was not begun here") && !told.contains("manager"), "{sql}: {told}");
            let clear = record.store().write(|transaction| Ok(transaction.db().execute("DELETE FROM session", &[])?));
            clear.wait_here().unwrap();
        }
        // Who is made somebody else between two looks does not become it by going on.
        let secret = begin("clerk");
        let mut found = record.find_session::<String>(&secret, at).unwrap().unwrap();
        by_hand("UPDATE session SET who = '\"manager\"'", &[]);
        record.prolong_session(&secret, &mut found, at + SignedDuration::from_mins(5));
        assert_eq!(who(&secret), None);
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

async fn a_session_is_known_by_its_secret_alone_and_ends(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    away(&record, |record| {
        let at = now();
        let secret = record.begin_session(&"somebody".to_owned(), at).unwrap();
        let look = |secret: &SessionSecret, at| record.find_session::<String>(secret, at).unwrap();
        let session = |secret: &SessionSecret, at| {
            let mut found = look(secret, at)?;
            record.prolong_session(secret, &mut found, at);
            Some(found)
        };
        assert_eq!(session(&secret, at).unwrap().who, "somebody");
        assert!(session(&SessionSecret::sent("somebody"), at).is_none());
        let rows = record.store().read(|db| db.query("SELECT hash, who FROM session", &[]));
        let hash = rows.unwrap().remove(0).bytes().unwrap();
        assert!(!secret.text().as_bytes().windows(8).any(|part| hash.windows(8).any(|other| other == part)));
        // Each moment of doing something gives more time, but never beyond the end of the longest day.
        let second = SignedDuration::from_secs(1);
        assert!(session(&secret, at + IDLE).unwrap().is_over);
        // To look is not to be there.
        let later = at + IDLE - second;
        assert_eq!(look(&secret, later).unwrap().until.as_millisecond(), (at + IDLE).as_millisecond());
        assert!(look(&secret, at + IDLE).unwrap().is_over);
        let mut seen = at;
        while seen < at + AT_MOST {
            assert!(!session(&secret, seen).unwrap().is_over, "{seen}");
            seen = seen + IDLE - second;
        }
        assert!(session(&secret, at + AT_MOST).unwrap().is_over);
        record.end_session(&secret).unwrap();
        assert!(session(&secret, at).is_none());
        // Old ones go when others begin.
        let old = record.begin_session(&"old".to_owned(), at).unwrap();
        record.begin_session(&"new".to_owned(), at + AT_MOST + AT_MOST + second).unwrap();
        assert!(session(&old, at).is_none());
    })
    .await;
    closed(record, router).await;
    drop(kept);
}

async fn whoever_may_confirm_is_offered_while_they_sign_in(kept: Kept) {
    let (kept, record, router) = opened(kept).await;
    away(&record, |record| {
        let at = now();
        let somebody = |id: &str, name: &str, role| Actor {
            id: id.into(),
            name: name.into(),
            role,
            organisation: "council:example".into(),
        };
        let manager = somebody("opaque-1", "Invented Manager", Role::SocialWorkManager);
        for actor in [
            &somebody("opaque-2", "Invented Worker", Role::SocialWorker),
            &manager,
            &manager,
            &somebody("opaque-3", "Invented Triage Worker", Role::TriageWorker),
        ] {
            record.note_person(actor, at).unwrap();
        }
        let names = |at| record.list_people(at).unwrap().into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(at), ["Invented Manager", "Invented Worker"]);
        assert_eq!(record.list_people(at).unwrap()[0], manager);
        // Another name, and another role that may confirm nothing.
        record.note_person(&Actor { name: "Renamed Manager".into(), ..manager }, at).unwrap();
        record.note_person(&somebody("opaque-2", "Invented Worker", Role::Auditor), at).unwrap();
        assert_eq!(names(at), ["Renamed Manager"]);
        let later = at + SignedDuration::from_hours(24 * 93);
        assert_eq!(names(later), Vec::<String>::new());
        record.note_person(&somebody("opaque-4", "New Worker", Role::SocialWorker), later).unwrap();
        let rows = record.store().read(|db| db.query("SELECT id FROM person", &[])).unwrap();
        assert_eq!(rows.len(), 1, "whoever has not been here for long is gone");
    })
    .await;
    closed(record, router).await;
    drop(kept);
}
