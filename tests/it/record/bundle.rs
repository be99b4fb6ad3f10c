//! What goes out of the record can be checked elsewhere: by this program without a database, by a checker written apart
//! in another language, and by others' libraries for the same formats.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use data_encoding::BASE64;
use http_body_util::BodyExt;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Tile, TileHashReader, TileReader, check_record, check_tree, prove_record, prove_tree, record_hash};
use tower::ServiceExt;
use windscreen::record::bundle;
use windscreen::record::log::{shows_consistency, shows_inclusion};
use windscreen::record::{Log, Record};

use super::{Ask, Kept, a_family, closed, opened, read_often};

/// A record with more entries than a tile holds; most of them readings.
async fn long() -> (Kept, std::sync::Arc<Record>, Router) {
    let (kept, record, router) = opened(Kept::in_sqlite()).await;
    let school = Ask { router: &router, who: "school-system" };
    let (_, receipt) = school.post("/v1/referrals", "1", &a_family()).await;
    let path = format!("/v1/referrals/{}", receipt["id"].as_str().unwrap());
    read_often(&school, &path, 270).await;
    let signing = std::sync::Arc::clone(&record);
    tokio::task::spawn_blocking(move || signing.sign_now()).await.unwrap().unwrap();
    (kept, record, router)
}

fn ours(bundle: &[u8]) -> bool {
    bundle::verify(bundle, &[], None).unwrap().is_ok()
}

/// What the other checker says of each file.
fn theirs(files: &[PathBuf]) -> Vec<bool> {
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_log.py");
    let has_package = |python: &&str| {
        Command::new(python).args(["-c", "import cryptography"]).output().is_ok_and(|ran| ran.status.success())
    };
    // Debian's package is for Debian's own Python, which need not be the first on the path.
    let python = ["python3", "/usr/bin/python3"].into_iter().find(has_package).expect("`make setup-tests` installs it");
    let checked = Command::new(python).arg(checker).args(files).output().unwrap();
    let (said, error) = (String::from_utf8(checked.stdout).unwrap(), String::from_utf8(checked.stderr).unwrap());
    let verdicts: Vec<bool> = said.lines().map(|line| line.starts_with("ok ")).collect();
    assert_eq!(verdicts.len(), files.len(), "{said}{error}");
    verdicts
}

/// Bundles that are not what they were, each with what was done.
fn spoilt(bundle: &[u8]) -> Vec<(String, Vec<u8>)> {
    let lines: Vec<&[u8]> = bundle.split_inclusive(|byte| *byte == b'\n').collect();
    let mut all = Vec::new();
    let mut with = |what: String, lines: Vec<&[u8]>| all.push((what, lines.concat()));
    for at in [1, 2, lines.len() / 2, lines.len() - 1] {
        let mut fewer = lines.clone();
        fewer.remove(at);
        with(format!("without line {at}"), fewer);
        let mut more = lines.clone();
        more.insert(at, lines[at]);
        with(format!("line {at} twice"), more);
        let mut other = lines.clone();
        other.swap(at, at - 1);
        with(format!("lines {at} and the one before exchanged"), other);
    }
    with("cut short".into(), lines[..lines.len() - 3].to_vec());
    with("only its head".into(), lines[..1].to_vec());
    with("nothing".into(), Vec::new());
    // Bits all over it; the head, which names keys and checkpoints, more closely.
    for at in (0..lines[0].len()).step_by(17).chain((lines[0].len()..bundle.len() - 1).step_by(bundle.len() / 150)) {
        let mut flipped = bundle.to_vec();
        flipped[at] ^= 1 << (at % 7);
        all.push((format!("a bit of byte {at} flipped"), flipped));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn another_checker_agrees_on_whole_and_on_spoilt_bundles() {
    let (kept, record, router) = long().await;
    tokio::task::spawn_blocking(move || {
        let mut whole = Vec::new();
        record.export(&mut whole).unwrap();
        let mut proofs = Vec::new();
        let listed = record.case(&first_id(&record)).unwrap().listed;
        assert_eq!(record.export_proofs(&listed.reference, &mut proofs).unwrap(), 271);
        let shown = bundle::verify(&whole[..], &[], None).unwrap().unwrap();
        assert_eq!(shown.whole.iter().map(|log| log.size).collect::<Vec<_>>(), [272, 2]);
        let shown = bundle::verify(&proofs[..], &[], None).unwrap().unwrap();
        assert_eq!(shown.proven.iter().map(|(_, proven)| *proven).collect::<Vec<_>>(), [271]);
        for canary in ["CANARY", "struggling", "school-system", "safeguarding lead"] {
            assert!(!String::from_utf8_lossy(&whole).contains(canary), "{canary}");
        }
        let mut bundles = vec![("whole".to_owned(), whole.clone()), ("proofs".to_owned(), proofs.clone())];
        let good = bundles.len();
        bundles.extend(spoilt(&whole));
        bundles.extend(spoilt(&proofs).into_iter().filter(|(what, _)| what.contains("bit") || what == "nothing"));
        let files: Vec<PathBuf> = (0..bundles.len()).map(|at| kept.folder().join(format!("{at}.bundle"))).collect();
        for (file, (_, bundle)) in files.iter().zip(&bundles) {
            fs::write(file, bundle).unwrap();
        }
        for (at, ((what, bundle), theirs)) in bundles.iter().zip(theirs(&files)).enumerate() {
            assert_eq!((ours(bundle), theirs), (at < good, at < good), "{what}");
        }
        assert!(bundles.len() > 300, "{}", bundles.len());
        drop((router, record));
    })
    .await
    .unwrap();
}

fn first_id(record: &Record) -> String {
    use windscreen::access::{Operation, demonstration, permit};
    let permit = permit(demonstration("manager").unwrap(), Operation::List).unwrap();
    let wanted = windscreen::record::list::ListWanted { most: 1, ..Default::default() };
    record.list(&permit, &wanted).unwrap().remove(0).id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_checkpoint_and_a_known_key_bind_a_bundle() {
    let (_kept, record, router) = long().await;
    let (_other_kept, other, other_router) = opened(Kept::in_sqlite()).await;
    tokio::task::spawn_blocking(move || {
        let mut whole = Vec::new();
        record.export(&mut whole).unwrap();
        let held = vec![record.checkpoint(Log::Decisions).unwrap()];
        let key = record.keys().public(Log::Decisions).to_string();
        assert!(bundle::verify(&whole[..], &held, Some(&key)).unwrap().is_ok());
        // Another installation's bundle is sound in itself, and not ours.
        let mut foreign = Vec::new();
        other.sign_now().unwrap();
        other.export(&mut foreign).unwrap();
        assert!(bundle::verify(&foreign[..], &[], None).unwrap().is_ok());
        assert!(bundle::verify(&foreign[..], &[], Some(&key)).unwrap().is_err());
        drop((router, record, other_router, other));
    })
    .await
    .unwrap();
}

/// The API's tiles as others' library asks for them.
struct Tiles {
    router: Router,
    runtime: tokio::runtime::Handle,
}

impl Tiles {
    fn get(&self, path: &str, who: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(path).header("authorization", format!("Bearer demonstration-{who}"));
        let answer = self.router.clone().oneshot(request.body(Body::empty()).unwrap());
        self.runtime.block_on(async {
            let answer = answer.await.unwrap();
            (answer.status(), answer.into_body().collect().await.unwrap().to_bytes().to_vec())
        })
    }

    fn text(&self, path: &str) -> String {
        String::from_utf8(self.get(path, "auditor").1).unwrap()
    }
}

impl TileReader for Tiles {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let path = tile.path();
            let (status, bytes) =
                self.get(&format!("/v1/audit/decisions/tile/{}", &path["tile/8/".len()..]), "auditor");
            assert_eq!(status, StatusCode::OK, "{path}");
            bytes
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn others_libraries_read_checkpoints_tiles_and_proofs() {
    let (_kept, record, router) = long().await;
    let tiles = Tiles { router: router.clone(), runtime: tokio::runtime::Handle::current() };
    let key = record.keys().public(Log::Decisions).to_string();
    let checked = move || {
        let note = tiles.text("/v1/audit/decisions/checkpoint");
        assert!(tiles.text("/v1/audit/checkpoint").starts_with(&note));
        let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&key).unwrap())]);
        let (verified, _) = Note::from_bytes(note.as_bytes()).unwrap().verify(&known).unwrap();
        assert_eq!(verified.len(), 1);
        let text = &note[..=note.find("\n\n").unwrap()];
        let checkpoint = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
        let (size, root) = (checkpoint.size(), *checkpoint.hash());
        assert_eq!(size, 272);
        let reader = TileHashReader::new(size, root, &tiles);
        for index in [0, 1, 255, 256, 270] {
            let full = if index < 256 { "000".to_owned() } else { "001.p/16".to_owned() };
            let (status, entries) = tiles.get(&format!("/v1/audit/decisions/tile/entries/{full}"), "auditor");
            assert_eq!(status, StatusCode::OK);
            let entry = nth_entry(&entries, usize::try_from(index % 256).unwrap());
            let proof = prove_record(size, index, &reader).unwrap();
            check_record(&proof, size, root, index, record_hash(&entry)).unwrap();
            // Ours is theirs.
            let ours: serde_json::Value =
                serde_json::from_str(&tiles.text(&format!("/v1/audit/decisions/proof?index={index}"))).unwrap();
            let hashes = hashes_of(&ours);
            assert_eq!(hashes, proof.iter().map(|hash| hash.0).collect::<Vec<_>>());
            assert!(shows_inclusion(&record_hash(&entry).0, index, size, &hashes, &root.0));
        }
        for since in [1, 2, 100, 256, 270] {
            let before = tlog_tiles::tree_hash(since, &reader).unwrap();
            let proof = prove_tree(size, since, &reader).unwrap();
            check_tree(&proof, size, root, since, before).unwrap();
            let ours: serde_json::Value =
                serde_json::from_str(&tiles.text(&format!("/v1/audit/decisions/proof?since={since}"))).unwrap();
            assert!(shows_consistency(since, size, &hashes_of(&ours), &before.0, &root.0), "{since}");
        }
        // What is not signed, written otherwise, or not theirs to read, is not there.
        for (path, who, expected) in [
            ("tile/0/001", "auditor", StatusCode::NOT_FOUND),
            ("tile/0/001.p/17", "auditor", StatusCode::NOT_FOUND),
            ("tile/0/1", "auditor", StatusCode::NOT_FOUND),
            ("tile/0/x000/000", "auditor", StatusCode::NOT_FOUND),
            ("tile/0/000.p/256", "auditor", StatusCode::NOT_FOUND),
            ("tile/63/000", "auditor", StatusCode::NOT_FOUND),
            ("tile/entries/000", "school-system", StatusCode::FORBIDDEN),
            ("tile/0/000", "school-system", StatusCode::OK),
            ("proof?index=272", "auditor", StatusCode::NOT_FOUND),
            ("proof", "auditor", StatusCode::BAD_REQUEST),
            ("proof?index=1&since=1", "auditor", StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(tiles.get(&format!("/v1/audit/decisions/{path}"), who).0, expected, "{path}");
        }
        assert_eq!(tiles.get("/v1/audit/others/checkpoint", "auditor").0, StatusCode::NOT_FOUND);
    };
    tokio::task::spawn_blocking(checked).await.unwrap();
    closed(record, router).await;
}

fn hashes_of(proof: &serde_json::Value) -> Vec<[u8; 32]> {
    let hash = |text: &serde_json::Value| BASE64.decode(text.as_str().unwrap().as_bytes()).unwrap().try_into().unwrap();
    proof["hashes"].as_array().unwrap().iter().map(hash).collect()
}

fn nth_entry(mut bytes: &[u8], number: usize) -> Vec<u8> {
    for _ in 0..number {
        let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        bytes = &bytes[2 + length..];
    }
    let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    bytes[2..2 + length].to_vec()
}
