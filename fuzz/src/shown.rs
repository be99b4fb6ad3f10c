//! What is shown to the program by partners and by whoever checks a log: requests, files of notifications, checkpoints,
//! bundles and proofs.

use std::sync::OnceLock;

use jiff::Timestamp;
use windscreen::criteria::{RuleSet, load};
use windscreen::json::Json;
use windscreen::level::Explain;
use windscreen::notifications::{self, File, Layout};
use windscreen::record::bundle;
use windscreen::record::checkpoint::{Checkpoint, PublicKey};
use windscreen::record::log::{Hash, leaf_hash, shows_consistency, shows_inclusion};
use windscreen::referral::at_once::AtOnce;
use windscreen::referral::{Indicated, Referral};
use windscreen::rules_dir;

/// A key that signs nothing: its other half was thrown away.
const NOBODYS_KEY: &str = "example.org/nobody+e4431f46+ATri7GNV4USblxIObGzaV0wplkOXXM/WPEOdaBvOgK10";

/// The rules that ship.
fn default_rules() -> &'static RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(|| {
        let files = rules_dir::read(&super::product("rules")).expect("the folder is there");
        load(&files).rule_set.expect("the rules that ship load")
    })
}

/// The facts of a referral as a partner sends them: refused with a pointer for each fault, or evaluated. What is read at
/// once is read as it is read in full.
pub fn request(bytes: &[u8]) {
    let rules = default_rules();
    let at_once = AtOnce::read(bytes, rules).map(|asked| asked.evaluate(rules, Explain::Full));
    let referral = Json::read(bytes).and_then(|json| Referral::read(&json));
    let indicated = match referral.and_then(|referral| referral.evaluate(rules, Explain::Full)) {
        Ok(indicated) => indicated,
        Err(faults) => return assert!(!faults.is_empty() && at_once.is_none()),
    };
    assert!(at_once.is_none_or(|at_once| at_once == indicated));
    match indicated {
        Indicated::Child(evaluation) => assert!(evaluation.at_least.rank <= evaluation.at_most.rank),
        Indicated::Children { children } => {
            assert!(children.iter().all(|child| child.evaluation.at_least.rank <= child.evaluation.at_most.rank));
        }
    }
}

/// A file of police notifications: of which each row becomes part of a request or is listed.
pub fn notifications(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let rules = default_rules();
    let mapping = rules.mapping("police_notifications").expect("the rules that ship have it");
    let layout = if how % 2 == 0 { Layout::Csv } else { Layout::Ndjson };
    let file = File { bytes, layout, encoding: None };
    match notifications::read(file, mapping, rules, "police:example", Timestamp::UNIX_EPOCH) {
        Err(faults) => assert!(!faults.is_empty()),
        Ok(batch) => {
            let mut rows: Vec<usize> = batch.groups.iter().flat_map(|group| group.rows.iter().copied()).collect();
            rows.extend(batch.unmapped.iter().map(|one| one.row));
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), batch.rows, "each row is in a referral or listed");
        }
    }
}

/// A text in which signed notes may stand, and a public key on its last line.
pub fn checkpoint(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let key = text.lines().next_back().and_then(PublicKey::parse);
    if let Some(key) = &key {
        assert_eq!(PublicKey::parse(&key.to_string()).as_ref(), Some(key));
    }
    let keys: Vec<PublicKey> = key.into_iter().collect();
    for note in Checkpoint::notes(text).iter().map(String::as_str).chain([text]) {
        if let Ok(checkpoint) = Checkpoint::open(note, &keys) {
            assert!(note.starts_with(&checkpoint.to_string()), "nothing is written in two ways");
        }
    }
}

/// The logs in a file, as their checker reads them: nothing is shown of more entries than it has lines, and whoever has no
/// key of the installation proves nothing to it.
pub fn bundle(bytes: &[u8]) {
    let shown = bundle::verify(bytes, &[], None).expect("nothing fails to be read from memory");
    if let Ok(shown) = shown {
        let whole: u64 = shown.whole.iter().map(|log| log.size).sum();
        let proven: usize = shown.proven.iter().map(|(_, entries)| entries).sum();
        let lines = bytes.split(|byte| *byte == b'\n').count();
        assert!(whole + (proven as u64) < lines as u64, "{whole} and {proven} in {lines} lines");
    }
    let trusted = bundle::verify(bytes, &[], Some(NOBODYS_KEY)).expect("nothing fails to be read from memory");
    assert!(trusted.is_err());
}

/// A proof of inclusion and one of consistency: places, then hashes. Nothing shows two leaves at one place, nor two old
/// roots.
pub fn proof(bytes: &[u8]) {
    let Some((places, hashes)) = bytes.split_at_checked(16) else { return };
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    let (one, two) = (number(&places[..8]), number(&places[8..]));
    let hashes: Vec<Hash> = hashes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect();
    let [root, earlier, proof @ ..] = &hashes[..] else { return };
    let (leaf, other) = (leaf_hash(b"one"), leaf_hash(b"other"));
    let both = shows_inclusion(&leaf, one, two, proof, root) && shows_inclusion(&other, one, two, proof, root);
    assert!(!both);
    let mut changed = *earlier;
    changed[0] ^= 1;
    let both = shows_consistency(one, two, proof, earlier, root) && shows_consistency(one, two, proof, &changed, root);
    assert!(!both);
}
