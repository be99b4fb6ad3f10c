//! Rule changes on record: who may take which step, what is in force when, at every replica, and that nobody enters one
//! behind the program's back.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rusqlite::Connection;
use windscreen::access::{Operation, Permit, demonstration, permit};
use windscreen::criteria::{RuleFile, RuleSet, load};
use windscreen::decision::{Actor, Role};
use windscreen::json::Fault;
use windscreen::record::keys::Keys;
use windscreen::record::log::{Frontier, leaf_hash};
use windscreen::record::rule_changes::{Delegate, Happened, ProposalWanted};
use windscreen::record::{Log, Record, RecordError};
use windscreen::rule_change::{Begins, Evidence, Said, Standing, Step};
use windscreen::rules_dir;
use windscreen::serving::{Serving, now};

use super::Kept;

on_both!(
    a_change_is_proposed_agreed_in_force_and_undone,
    nobody_takes_a_step_that_is_not_theirs,
    what_is_proposed_is_what_was_worked_out,
    a_minute_counts_once_it_is_confirmed,
    what_one_replica_enters_the_others_serve,
    two_who_agree_at_once_are_both_heard,
    an_emergency_does_not_wait_for_what_is_agreed,
);

pub(super) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rule_sets/good/four_levels");

pub(super) fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn files() -> Vec<RuleFile> {
    rules_dir::read(Path::new(FOLDER)).unwrap()
}

/// The same rules with one piece of a file in the place of another.
fn edited(file: &str, old: &str, new: &str) -> Vec<RuleFile> {
    let mut files = files();
    let edited = files.iter_mut().find(|one| one.path == file).unwrap();
    let text = String::from_utf8(edited.bytes.clone()).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{old}");
    edited.bytes = text.replace(old, new).into_bytes();
    files
}

/// Three strong needs where two were enough: some child is answered lower.
pub(super) fn tightened() -> Vec<RuleFile> {
    edited("thresholds.yaml", "needs: [ { at: 3, at_least: 2 } ]", "needs: [ { at: 3, at_least: 3 } ]")
}

/// A word alone.
fn reworded() -> Vec<RuleFile> {
    edited("thresholds.yaml", "says: There are two strong needs", "says: Two strong needs stand beside each other")
}

/// What either does, worked out once for all tests.
fn evidence(files: &[RuleFile]) -> Evidence {
    static KNOWN: OnceLock<Vec<Evidence>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let before = rules();
        [tightened(), reworded()].map(|files| Evidence::of(&before, &files).unwrap().0).into()
    });
    let digest = load(files).digest;
    known.iter().find(|one| one.digest == digest).unwrap().clone()
}

pub(super) fn rules() -> Arc<RuleSet> {
    Arc::new(load(&files()).rule_set.unwrap())
}

fn who(id: &str, role: Role) -> Actor {
    Actor { id: id.to_owned(), name: format!("Invented {id}"), role, organisation: "board:example".to_owned() }
}

fn author() -> Permit {
    permit(demonstration("rule-author").unwrap(), Operation::ProposeRules).unwrap()
}

fn delegate(id: &str) -> Permit {
    permit(who(id, Role::Approver), Operation::AgreeRules).unwrap()
}

/// A record whose partners have a delegate each, named after them.
pub(super) fn opened(kept: &Kept) -> (Arc<Record>, Serving) {
    let record = kept.open();
    let serving = Serving::load(Path::new(FOLDER), Some(Arc::clone(&record))).unwrap();
    let operator = permit(demonstration("operator").unwrap(), Operation::NameDelegates).unwrap();
    for partner in ["council", "police", "integrated_care_board"] {
        let (person, partner) = (partner.to_owned(), partner.to_owned());
        let one = Delegate { name: format!("Invented {person}"), person, partner, email: None };
        record.enter_delegate(&operator, one, true, at("2027-03-01T09:00:00Z")).unwrap();
    }
    (record, serving)
}

fn wanted(begins: Begins) -> ProposalWanted {
    ProposalWanted {
        reason: "A review of cases".to_owned(),
        clause: "Board minute 7".to_owned(),
        begins,
        answer_by: None,
        failing: Vec::new(),
        written_by: Vec::new(),
    }
}

pub(super) fn on(day: &str) -> Begins {
    Begins::On(day.parse().unwrap())
}

/// A draft of rules, worked out.
fn drafted(record: &Record, files: &[RuleFile], change: Option<&str>) -> windscreen::record::rule_drafts::RuleDraft {
    let id = record.begin_rule_draft(&author(), "Strong needs", files, change, at("2027-03-02T09:00:00Z")).unwrap();
    record.put_evidence(&id, 1, &evidence(files)).unwrap();
    record.find_rule_draft(&id).unwrap()
}

pub(super) fn proposed(record: &Record, files: &[RuleFile], begins: Begins, now: &str) -> Result<String, RecordError> {
    let draft = drafted(record, files, None);
    let wanted = ProposalWanted { failing: names(&draft.evidence.as_ref().unwrap().failing_names()), ..wanted(begins) };
    record.propose(&author(), &draft, &wanted, &rules().id().digest, at(now))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn agree(record: &Record, partner: &str, change: &str, now: &str) -> Result<(), RecordError> {
    let told = record.rules_told().unwrap();
    let proposal = &told.change(change).unwrap().state.proposal;
    let step = Step::Approved {
        partner: partner.to_owned(),
        digest: proposal.digest.clone(),
        begins: proposal.begins,
        minute: None,
    };
    record.step_rule_change(&delegate(partner), change, Happened::Step(step), &rules().id().digest, at(now))
}

fn faults(error: RecordError) -> Vec<Fault> {
    match error {
        RecordError::Faults(faults) => faults,
        other => panic!("{other}"),
    }
}

fn refused(done: Result<impl std::fmt::Debug, RecordError>, word: &str) {
    let faults = faults(done.unwrap_err());
    let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.code.word(), fault.detail)).collect();
    assert!(told.iter().any(|one| one.contains(word)), "{word} in {told:?}");
}

/// Whatever opens or drops a record waits for its threads, and does so beside the runtime.
async fn beside(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

async fn a_change_is_proposed_agreed_in_force_and_undone(kept: Kept) {
    beside(move || {
        let (record, serving) = opened(&kept);
        let before = rules().id().digest.clone();
        let change = proposed(&record, &tightened(), on("2027-03-29"), "2027-03-02T10:00:00Z").unwrap();
        let state = |record: &Record| record.rules_told().unwrap().change(&change).unwrap().state.clone();
        assert!(state(&record).proposal.may_lower);
        // What is only proposed is kept, and is none of those that ran.
        let ran = || -> Vec<String> {
            record.list_rule_set_heads().unwrap().into_iter().map(|head| head.id.digest).collect()
        };
        assert_eq!(ran(), std::slice::from_ref(&before));
        agree(&record, "council", &change, "2027-03-03T10:00:00Z").unwrap();
        agree(&record, "police", &change, "2027-03-03T11:00:00Z").unwrap();
        assert_eq!(state(&record).standing, Standing::Proposed, "a lowering takes all three");
        // What refuses says so, and an edit makes void what was agreed.
        let digest = state(&record).proposal.digest;
        let says = "Nobody asked our nurses".to_owned();
        let refuse = Happened::Step(Step::Refused { partner: "integrated_care_board".to_owned(), digest, says });
        record
            .step_rule_change(&delegate("integrated_care_board"), &change, refuse, &before, at("2027-03-04T10:00:00Z"))
            .unwrap();
        let draft = drafted(&record, &reworded(), Some(&change));
        record.propose(&author(), &draft, &wanted(on("2027-03-29")), &before, at("2027-03-05T10:00:00Z")).unwrap();
        assert_eq!(state(&record).said.len(), 0);
        assert!(!state(&record).proposal.may_lower);
        for (partner, now) in [
            ("council", "2027-03-06T10:00:00Z"),
            ("police", "2027-03-06T10:01:00Z"),
            ("integrated_care_board", "2027-03-06T10:02:00Z"),
        ] {
            agree(&record, partner, &change, now).unwrap();
        }
        // British Summer Time begins on the 28th: midnight of the 29th in London is 23:00 of the 28th.
        let new = state(&record).proposal.digest;
        assert_eq!(state(&record).in_force, Some(at("2027-03-28T23:00:00Z")));
        let told = record.rules_told().unwrap();
        for (moment, expected) in [
            ("2027-03-06T10:03:00Z", &before),
            ("2027-03-28T22:59:59.999Z", &before),
            ("2027-03-28T23:00:00Z", &new),
            ("2027-06-01T00:00:00Z", &new),
        ] {
            assert_eq!(told.in_force_at(at(moment)).as_ref(), Some(expected), "{moment}");
        }
        assert!(ran().contains(&new) && !ran().contains(&load(&tightened()).digest));
        serving.look_again().unwrap();
        assert!(serving.is_agreed());
        assert_eq!(serving.rules_at(at("2027-03-28T22:59:59.999Z")).id().digest, before);
        assert_eq!(serving.rules_at(at("2027-03-28T23:00:00Z")).id().digest, new);
        // Two statutory partners undo it; what it took the place of is in force again, and the story is whole.
        let undo = |partner: &str, now: &str| {
            let step = Step::Undone { partner: partner.to_owned(), says: "It was misread".to_owned() };
            record.step_rule_change(&delegate(partner), &change, Happened::Step(step), &new, at(now))
        };
        refused(undo("police", "2027-03-20T10:00:00Z"), "only a rule change that is in force is undone");
        undo("police", "2027-03-30T10:00:00Z").unwrap();
        undo("council", "2027-03-30T11:00:00Z").unwrap();
        assert_eq!(state(&record).standing, Standing::Undone);
        let over_time = record.in_force_over_time().unwrap();
        let turns: Vec<(&str, bool)> =
            over_time.iter().map(|one| (one.digest.as_str(), one.change.is_some())).collect();
        assert_eq!(turns[turns.len() - 2..], [(new.as_str(), true), (before.as_str(), false)]);
        assert_eq!(record.in_force_at(at("2027-03-29T12:00:00Z")).unwrap().unwrap().digest, new);
        assert!(record.verify(Vec::new()).unwrap().is_ok());
        // A later start reads it all from the log.
        drop((serving, record));
        let record = kept.open();
        assert_eq!(state(&record).standing, Standing::Undone);
        assert_eq!(record.rules_told().unwrap().change(&change).unwrap().events.len(), 10);
    })
    .await;
}

async fn nobody_takes_a_step_that_is_not_theirs(kept: Kept) {
    beside(move || {
        let (record, _serving) = opened(&kept);
        let before = rules().id().digest.clone();
        let change = proposed(&record, &tightened(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
        let told = record.rules_told().unwrap();
        let proposal = told.change(&change).unwrap().state.proposal.clone();
        let step = |partner: &str, digest: &str| {
            let (partner, digest) = (partner.to_owned(), digest.to_owned());
            Happened::Step(Step::Approved { partner, digest, begins: proposal.begins, minute: None })
        };
        let take = |permit: &Permit, what: Happened| {
            record.step_rule_change(permit, &change, what, &before, at("2027-03-03T10:00:00Z"))
        };
        // Nobody's delegate, another partner's delegate, and whoever may only propose.
        refused(take(&delegate("stranger"), step("police", &proposal.digest)), "not-a-delegate");
        refused(take(&delegate("council"), step("police", &proposal.digest)), "not-a-delegate");
        refused(take(&author(), step("police", &proposal.digest)), "not-a-delegate");
        // The author, who is a delegate too by now.
        let operator = permit(demonstration("operator").unwrap(), Operation::NameDelegates).unwrap();
        let both = demonstration("rule-author").unwrap();
        let (person, name) = (both.id.clone(), both.name.clone());
        let named = Delegate { person, name, partner: "police".to_owned(), email: None };
        record.enter_delegate(&operator, named.clone(), true, now()).unwrap();
        let as_approver = permit(Actor { role: Role::Approver, ..both }, Operation::AgreeRules).unwrap();
        refused(take(&as_approver, step("police", &proposal.digest)), "whoever wrote rules does not agree them");
        // Rules that were read and are proposed no longer.
        refused(take(&delegate("police"), step("police", &before)), "what was read is");
        // Once, and not twice; nor by a colleague for the same partner.
        take(&delegate("police"), step("police", &proposal.digest)).unwrap();
        refused(take(&delegate("police"), step("police", &proposal.digest)), "`police` has said so already");
        // Who is a delegate no longer.
        record.enter_delegate(&operator, named, false, now()).unwrap();
        refused(take(&as_approver, step("police", &proposal.digest)), "not-a-delegate");
        // Nobody proposes who may only agree.
        let draft = drafted(&record, &reworded(), None);
        let wanted = wanted(on("2027-04-01"));
        refused(record.propose(&delegate("police"), &draft, &wanted, &before, at("2027-03-04T10:00:00Z")), "not-yours");
        let no_such = record.step_rule_change(&delegate("police"), "none", step("police", "x"), &before, now());
        assert!(matches!(no_such, Err(RecordError::NotFound)), "{no_such:?}");
        assert!(record.verify(Vec::new()).unwrap().is_ok());
        assert!(record.rules_told().unwrap().wrong.is_empty());
    })
    .await;
}

async fn what_is_proposed_is_what_was_worked_out(kept: Kept) {
    beside(move || {
        let (record, _serving) = opened(&kept);
        let before = rules().id().digest.clone();
        let begun = at("2027-03-02T09:00:00Z");
        let id = record.begin_rule_draft(&author(), "Strong needs", &tightened(), None, begun).unwrap();
        let propose = |draft: &windscreen::record::rule_drafts::RuleDraft, wanted: &ProposalWanted, in_force: &str| {
            record.propose(&author(), draft, wanted, in_force, at("2027-03-03T10:00:00Z"))
        };
        let open = || record.find_rule_draft(&id).unwrap();
        refused(propose(&open(), &wanted(on("2027-04-01")), &before), "not-worked-out");
        // Worked out of another version, it is not there.
        let known = evidence(&tightened());
        record.put_evidence(&id, 7, &known).unwrap();
        assert!(open().evidence.is_none());
        let failing = Evidence {
            failing: vec![windscreen::rule_change::FailingExample {
                example: "two_strong".to_owned(),
                file: "criteria/care_test.yaml".to_owned(),
                differences: vec!["level 2, and 3 was expected".to_owned()],
            }],
            ..known.clone()
        };
        record.put_evidence(&id, 1, &failing).unwrap();
        refused(propose(&open(), &wanted(on("2027-04-01")), &before), "examples-fail");
        let others = ProposalWanted { failing: names(&["two_strong", "another"]), ..wanted(on("2027-04-01")) };
        refused(propose(&open(), &others, &before), "examples-fail");
        record.put_evidence(&id, 1, &Evidence { errors: 1, ..known.clone() }).unwrap();
        refused(propose(&open(), &wanted(on("2027-04-01")), &before), "rules-have-errors");
        record.put_evidence(&id, 1, &known).unwrap();
        let wanted_all = |begins| ProposalWanted { failing: names(&known.failing_names()), ..wanted(begins) };
        // Compared with other rules than those that will be in force.
        refused(propose(&open(), &wanted_all(on("2027-04-01")), "sha256:others"), "other-rules-in-force");
        refused(propose(&open(), &wanted_all(on("2027-03-03")), &before), "beginning of a day that is to come");
        let without = ProposalWanted { reason: " ".to_owned(), ..wanted_all(on("2027-04-01")) };
        refused(propose(&open(), &without, &before), "say in a sentence why");
        // Saved by a second author meanwhile: what was worked out is gone, and the first is told of the second.
        let second = permit(who("second", Role::RuleAuthor), Operation::ProposeRules).unwrap();
        record.revise_rule_draft(&second, &id, 1, &reworded(), begun).unwrap();
        let late = record.revise_rule_draft(&author(), &id, 1, &tightened(), begun);
        assert!(matches!(late, Err(RecordError::Moved(_))), "{late:?}");
        assert!(open().evidence.is_none());
        record.put_evidence(&id, 2, &evidence(&reworded())).unwrap();
        let change = propose(&open(), &wanted(on("2027-04-01")), &before).unwrap();
        let told = record.rules_told().unwrap();
        let authors: Vec<String> = told.change(&change).unwrap().state.authors.iter().cloned().collect();
        assert_eq!(authors, ["rule-author", "second"], "everybody who wrote any of it");
        assert_eq!(record.rule_set_files(&load(&reworded()).digest).unwrap().len(), files().len());
    })
    .await;
}

async fn a_minute_counts_once_it_is_confirmed(kept: Kept) {
    beside(move || {
        let (record, _serving) = opened(&kept);
        let before = rules().id().digest.clone();
        let change = proposed(&record, &reworded(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
        let said = |record: &Record| record.rules_told().unwrap().change(&change).unwrap().state.said.clone();
        let proposal = record.rules_told().unwrap().change(&change).unwrap().state.proposal.clone();
        let minute = Happened::Step(Step::Approved {
            partner: "police".to_owned(),
            digest: proposal.digest.clone(),
            begins: proposal.begins,
            minute: Some("Executive of 3 March, item 4".to_owned()),
        });
        record.step_rule_change(&author(), &change, minute, &before, at("2027-03-03T10:00:00Z")).unwrap();
        assert!(matches!(said(&record)["police"], Said::ToConfirm { .. }));
        let confirm = |who: &Permit| {
            let step = Happened::Step(Step::Confirmed { partner: "police".to_owned() });
            record.step_rule_change(who, &change, step, &before, at("2027-03-04T10:00:00Z"))
        };
        refused(confirm(&delegate("council")), "not-a-delegate");
        confirm(&delegate("police")).unwrap();
        assert_eq!(said(&record)["police"], Said::Approves);
        let asked = Happened::Commented { says: "Who was there?".to_owned() };
        record.step_rule_change(&delegate("council"), &change, asked, &before, at("2027-03-04T11:00:00Z")).unwrap();
        let nothing = Happened::Commented { says: "  ".to_owned() };
        refused(
            record.step_rule_change(&delegate("council"), &change, nothing, &before, at("2027-03-04T11:00:00Z")),
            "say in a sentence",
        );
        assert!(record.verify(Vec::new()).unwrap().is_ok());
    })
    .await;
}

async fn what_one_replica_enters_the_others_serve(kept: Kept) {
    beside(move || {
        let (record, serving) = opened(&kept);
        let other = kept.open();
        let others = Serving::load(Path::new(FOLDER), Some(Arc::clone(&other))).unwrap();
        let before = rules().id().digest.clone();
        let change = proposed(&record, &reworded(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
        // Each partner at another replica than the one before.
        for (place, partner) in ["council", "police", "integrated_care_board"].into_iter().enumerate() {
            let replica = if place % 2 == 0 { &other } else { &record };
            agree(replica, partner, &change, "2027-03-03T10:00:00Z").unwrap();
        }
        for serving in [&serving, &others] {
            serving.look_again().unwrap();
            let new = load(&reworded()).digest;
            assert_eq!(serving.rules_at(at("2027-03-31T22:59:59.999Z")).id().digest, before);
            assert_eq!(serving.rules_at(at("2027-03-31T23:00:00Z")).id().digest, new);
            assert!(serving.reload().is_ok(), "the folder holds what is in force");
        }
        // Partners' systems hear of it before it is in force.
        let (next, from) = others.next().unwrap();
        assert_eq!((next.id().digest.as_str(), from.as_str()), (load(&reworded()).digest.as_str(), "2027-04-01"));
    })
    .await;
}

async fn two_who_agree_at_once_are_both_heard(kept: Kept) {
    beside(move || {
        let (record, _serving) = opened(&kept);
        let change = proposed(&record, &reworded(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
        let other = kept.open();
        let threads: Vec<_> = [("council", &record), ("police", &other), ("integrated_care_board", &record)]
            .into_iter()
            .map(|(partner, replica)| {
                let (replica, change) = (Arc::clone(replica), change.clone());
                std::thread::spawn(move || agree(&replica, partner, &change, "2027-03-03T10:00:00Z"))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        let told = record.rules_told().unwrap();
        assert_eq!(told.change(&change).unwrap().state.standing, Standing::Agreed);
        assert!(record.verify(Vec::new()).unwrap().is_ok());
    })
    .await;
}

/// A change is agreed for a day to come; until then another may be needed at once.
async fn an_emergency_does_not_wait_for_what_is_agreed(kept: Kept) {
    beside(move || {
        let (record, serving) = opened(&kept);
        let before = rules().id().digest.clone();
        let pending = proposed(&record, &reworded(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
        for partner in ["council", "police", "integrated_care_board"] {
            agree(&record, partner, &pending, "2027-03-03T10:00:00Z").unwrap();
        }
        let reworded = load(&reworded()).digest;
        serving.look_again().unwrap();
        assert_eq!(serving.last_rules().id().digest, reworded);
        // Worked out against what is agreed last; proposed against what is in force.
        let id = record.begin_rule_draft(&author(), "At once", &tightened(), None, at("2027-03-04T09:00:00Z")).unwrap();
        let known = Evidence { instead_of: reworded.clone(), may_lower: false, ..evidence(&tightened()) };
        record.put_evidence(&id, 1, &known).unwrap();
        let failing = names(&known.failing_names());
        let wanted = ProposalWanted { failing, ..wanted(Begins::AtOnceUntil("2027-03-20".parse().unwrap())) };
        let draft = record.find_rule_draft(&id).unwrap();
        let change = record.propose(&author(), &draft, &wanted, &before, at("2027-03-04T10:00:00Z")).unwrap();
        let told = record.rules_told().unwrap();
        let proposal = &told.change(&change).unwrap().state.proposal;
        assert_eq!((&proposal.instead_of, proposal.may_lower), (&before, true));
        for partner in ["council", "police", "integrated_care_board"] {
            agree(&record, partner, &change, "2027-03-04T11:00:00Z").unwrap();
        }
        let told = record.rules_told().unwrap();
        let in_force = |moment: &str| told.in_force_at(at(moment)).unwrap();
        let tightened = load(&tightened()).digest;
        assert_eq!(in_force("2027-03-04T10:59:59Z"), before);
        assert_eq!(in_force("2027-03-04T11:00:00Z"), tightened);
        assert_eq!(in_force("2027-03-21T00:00:00Z"), before, "it lapses");
        assert_eq!(in_force("2027-04-01T12:00:00Z"), reworded, "and what was agreed comes into force as it was");
        assert!(record.verify(Vec::new()).unwrap().is_ok());
    })
    .await;
}

/// What whoever can write to the database may do to a draft: be no author, and call its rules harmless.
#[test]
fn a_draft_that_was_changed_behind_the_programs_back_is_not_proposed() {
    let kept = Kept::in_sqlite();
    let (record, _serving) = opened(&kept);
    let draft = drafted(&record, &tightened(), None).listed.id;
    let by_hand = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        let db = Connection::open(kept.folder().join("windscreen.db")).unwrap();
        assert_eq!(db.execute(sql, values).unwrap(), 1, "{sql}");
    };
    let found = || record.find_rule_draft(&draft);
    let (harmless, known) = (Evidence { may_lower: false, errors: 0, ..evidence(&tightened()) }, found().unwrap());
    assert!(known.evidence.is_some());
    let db = Connection::open(kept.folder().join("windscreen.db")).unwrap();
    let kept_before: Vec<u8> = db.query_row("SELECT evidence FROM rule_draft", [], |row| row.get(0)).unwrap();
    let forged = [&kept_before[..32], &serde_json::to_vec(&harmless).unwrap()].concat();
    by_hand("UPDATE rule_draft SET evidence = ?1", &[&forged]);
    assert!(found().unwrap().evidence.is_none(), "it is worked out again");
    record.put_evidence(&draft, 1, &evidence(&tightened())).unwrap();
    assert!(found().unwrap().evidence.is_some());
    by_hand("UPDATE rule_draft SET authors = '[]'", &[]);
    assert!(matches!(found(), Err(RecordError::Damaged(_))), "nobody is made no author");
}

/// Enters a step as somebody does who can write to the database and knows how logs are reckoned: with the key file, or
/// without.
fn insert(db: &Connection, keys: Option<&Keys>, leaf: &str, subject: &str, body: &[u8]) {
    let mut read = db.prepare("SELECT leaf FROM entry WHERE log = 'rules' ORDER BY place").unwrap();
    let mut leaves: Vec<String> = read.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    drop(read);
    let hash = leaf_hash(leaf.as_bytes());
    let mac = keys.map(|keys| keys.entered(Log::Rules, leaves.len() as u64, leaf).to_vec());
    db.execute(
        "INSERT INTO entry (log, place, leaf, leaf_hash, referral, body, mac) VALUES ('rules', ?1, ?2, ?3, ?4, ?5, ?6)",
        (leaves.len() as i64, leaf, hash.as_slice(), subject, body, mac),
    )
    .unwrap();
    leaves.push(leaf.to_owned());
    let mut frontier = Frontier::default();
    for leaf in &leaves {
        frontier.push(leaf_hash(leaf.as_bytes()));
    }
    db.execute("UPDATE log SET size = ?1, peaks = ?2 WHERE name = 'rules'", (leaves.len() as i64, frontier.to_bytes()))
        .unwrap();
}

/// The entry of a kind of step: leaf, subject, body.
fn entry(db: &Connection, step: &str) -> (String, String, Vec<u8>) {
    let wanted = format!("%\"step\":\"{step}\"%");
    let sql = "SELECT leaf, referral, body FROM entry WHERE log = 'rules' AND leaf LIKE ?1 ORDER BY place LIMIT 1";
    db.query_row(sql, [wanted], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

#[test]
fn what_is_entered_behind_the_programs_back_is_told_and_changes_nothing() {
    let kept = Kept::in_sqlite();
    let (record, serving) = opened(&kept);
    let change = proposed(&record, &tightened(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
    agree(&record, "police", &change, "2027-03-03T10:00:00Z").unwrap();
    drop((serving, record));
    let file = kept.folder().join("windscreen.db");
    Connection::open(&file).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let whole = std::fs::read(&file).unwrap();
    let guard: Vec<_> = std::fs::read_dir(kept.folder().join("guard"))
        .unwrap()
        .map(|one| one.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    type Forge = fn(&Connection, Option<&Keys>);
    let keys = Keys::read(&kept.places.keys).unwrap();
    let forged: [(&str, Forge, &str); 5] = [
        (
            "the police's approval for the council",
            |db, keys| {
                let (leaf, subject, body) = entry(db, "approved");
                insert(db, keys, &leaf.replace("\"partner\":\"police\"", "\"partner\":\"council\""), &subject, &body);
            },
            "is not what its body says",
        ),
        (
            "the same approval again",
            |db, keys| {
                let (leaf, subject, body) = entry(db, "approved");
                insert(db, keys, &leaf, &subject, &body);
            },
            "has said so already",
        ),
        (
            "under an id of its own",
            |db, keys| {
                let (leaf, subject, body) = entry(db, "approved");
                let id = leaf.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
                insert(db, keys, &leaf.replace(&id, "01900000-0000-7000-8000-000000000000"), &subject, &body);
            },
            "body",
        ),
        (
            "for another change",
            |db, keys| {
                let (leaf, _, body) = entry(db, "approved");
                insert(db, keys, &leaf, "another", &body);
            },
            "key",
        ),
        (
            "a delegate by hand",
            |db, keys| {
                let (leaf, _, _) = entry(db, "approved");
                insert(db, keys, &leaf, "delegates", b"{\"by\":\"nobody\"}");
            },
            "body",
        ),
    ];
    // Whoever has the keys too is told by what it says; whoever has not, by that alone.
    let by_whom = forged
        .into_iter()
        .flat_map(|(what, forge, word)| [(what, forge, Some(&keys), word), (what, forge, None, "not entered here")]);
    for (what, forge, keys, word) in by_whom {
        let db = Connection::open(&file).unwrap();
        forge(&db, keys);
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(db);
        let record = Record::open(&kept.places, now()).unwrap();
        let damage = record.verify(Vec::new()).unwrap().unwrap_err().to_string();
        assert!(damage.contains("`rules`") && damage.contains(word), "{what}: {damage}");
        // It changes nothing that is served or shown.
        let told = record.rules_told().unwrap();
        assert_eq!(told.wrong.len(), 1, "{what}: {:?}", told.wrong);
        assert_eq!(told.change(&change).unwrap().state.said.len(), 1, "{what}");
        assert_eq!(told.delegates.len(), 3, "{what}");
        drop(record);
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(kept.folder().join(format!("windscreen.db{suffix}")));
        }
        std::fs::write(&file, &whole).unwrap();
        // The guard holds what the forged record signed meanwhile.
        for (path, bytes) in &guard {
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// The draft of a transparency record that is made of the rules of these tests, with what the record says.
fn transparency(kept: &Kept) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_windscreen"))
        .args(["publish", FOLDER, "--document", "atrs", "--format", "md", "--data"])
        .arg(kept.folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_transparency_record_says_since_when_and_who_agreed() {
    let kept = Kept::in_sqlite();
    let (record, serving) = opened(&kept);
    let change = proposed(&record, &reworded(), on("2027-04-01"), "2027-03-02T10:00:00Z").unwrap();
    for partner in ["council", "police", "integrated_care_board"] {
        agree(&record, partner, &change, "2027-03-03T10:00:00Z").unwrap();
    }
    let in_force = record.in_force_over_time().unwrap();
    drop((serving, record));
    let text = transparency(&kept);
    assert_eq!(in_force.len(), 2);
    for one in &in_force {
        assert!(text.contains(&one.digest), "{} is in no row", one.digest);
    }
    assert!(text.contains("| 1 April 2027 |") && text.contains("Council, integrated care board and police"), "{text}");
    assert!(text.contains("Follows: Board minute 7"));
    assert!(text.contains("are not the last in the log"), "the folder still has the rules before");
    assert!(!text.contains("Invented"), "partners agree; no person is named");
    assert_eq!(text, transparency(&kept), "the same record makes the same bytes");
}
