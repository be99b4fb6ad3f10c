//! Bundles: the logs in one file, which anyone can check without the database, the keys or this program.
//!
//! Lines of JSON. The first names each log, the public keys that signed for it and its signed checkpoints; every other
//! line is an entry. Either every entry is there, from the first to the last that was signed, or some are, each with
//! its proof of inclusion in the last checkpoint. No body is in it, so no fact about anybody.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize};

use super::checkpoint::{Checkpoint, PublicKey};
use super::db::{Db, DbError};
use super::leaf::Leaf;
use super::log::{Frontier, Hash, inclusion_proof, leaf_hash, shows_inclusion};
use super::notary::Kept;
use super::store::number;
use super::verify::{Damage, Sound};
use super::{Log, Record, RecordError};

/// The version of the form.
const FORMAT: &str = "windscreen-log-1";
/// A checker of bundles for a browser: one file, which a board keeps.
pub const VERIFIER: &str = include_str!("verify.html");
/// How many entries are read at a time.
const STRIDE: u64 = 1024;

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    logs: Vec<LogHead>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogHead {
    origin: String,
    /// As C2SP writes them, the one in use first.
    keys: Vec<String>,
    /// Signed notes, the largest last.
    checkpoints: Vec<String>,
}

impl Head {
    fn of(heads: &[(u64, LogHead)]) -> Self {
        Self { format: FORMAT.into(), logs: heads.iter().map(|(_, head)| head.clone()).collect() }
    }
}

/// Every other line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The log's origin.
    log: String,
    index: u64,
    leaf: String,
    /// Hashes in base64, from the entry upwards.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    proof: Option<Vec<String>>,
}

/// A proof that is written is one.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Vec::deserialize(deserializer).map(Some)
}

/// A proof that a log has an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The entry's place.
    pub index: u64,
    /// The entry's text.
    pub leaf: String,
    /// The hashes from the entry upwards.
    pub hashes: Vec<Hash>,
    /// The checkpoint that it leads to, as a signed note.
    pub checkpoint: String,
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    // Plain data with text keys: it always serialises.
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    out.write_all(&text)
}

impl Record {
    /// Writes both logs as far as they are signed.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub fn export(&self, out: &mut dyn Write) -> Result<(), RecordError> {
        self.store.read_at_once(|db| self.write_bundle(db, &self.signed()?, out))
    }

    /// Writes both logs of a database as far as these checkpoints go, those of the logs in their order.
    pub(super) fn write_bundle(&self, db: &mut Db, signed: &[String], out: &mut dyn Write) -> Result<(), RecordError> {
        let heads = self.heads(db, signed)?;
        line(out, &Head::of(&heads))?;
        for (log, (size, head)) in Log::ALL.into_iter().zip(heads) {
            let mut from = 0;
            while from < size {
                let to = size.min(from + STRIDE);
                for (index, leaf) in leaves(db, log, from, to)? {
                    line(out, &Entry { log: head.origin.clone(), index, leaf, proof: None })?;
                }
                from = to;
            }
        }
        Ok(())
    }

    /// The last signed checkpoint of each log, in their order.
    pub(super) fn signed(&self) -> Result<Vec<String>, RecordError> {
        let signed = Log::ALL.into_iter().map(|log| self.checkpoint(log)).collect::<Option<_>>();
        signed.ok_or_else(|| RecordError::ReadOnly("nothing is signed here".into()))
    }

    /// Writes the entries of a referral, each with its proof: by id, spoken reference, or one entry as `LOG:PLACE`.
    ///
    /// # Errors
    /// When there are none, or some are not signed yet.
    pub fn export_proofs(&self, id: &str, out: &mut dyn Write) -> Result<usize, RecordError> {
        self.store.read_at_once(|db| {
            let heads = self.heads(db, &self.signed()?)?;
            let of = |db: &mut Db| match id.split_once(':').and_then(|(log, at)| Some((Log::named(log)?, at))) {
                Some((log, at)) => Ok((log, vec![at.parse().map_err(|_| RecordError::NotFound)?])),
                None => places(db, id).map(|places| (Log::Decisions, places)),
            };
            let (log, places) = of(db)?;
            line(out, &Head::of(&heads))?;
            let mut count = 0;
            for place in places {
                let Proof { index, leaf, hashes, .. } = self.prove(db, log, place)?;
                let proof = Some(hashes.iter().map(|hash| BASE64.encode(hash)).collect());
                line(out, &Entry { log: self.keys.origin(log), index, leaf, proof })?;
                count += 1;
            }
            Ok(count)
        })
    }

    /// Proves that the last checkpoint of a log covers an entry.
    ///
    /// # Errors
    /// When it does not.
    pub fn proof(&self, log: Log, index: u64) -> Result<Proof, RecordError> {
        self.store.read_at_once(|db| self.prove(db, log, index))
    }

    fn prove(&self, db: &mut Db, log: Log, index: u64) -> Result<Proof, RecordError> {
        let checkpoint = self.checkpoint(log).ok_or(RecordError::NotFound)?;
        let size = Checkpoint::claimed(&checkpoint).map_or(0, |checkpoint| checkpoint.size);
        if index >= size {
            return Err(RecordError::NotFound);
        }
        let hashes = inclusion_proof(index, size, &mut Kept { db, log })?;
        let (_, leaf) = leaves(db, log, index, index + 1)?.pop().ok_or(RecordError::NotFound)?;
        Ok(Proof { index, leaf, hashes, checkpoint })
    }

    /// What the first line says of each log, and how far it is signed.
    fn heads(&self, db: &mut Db, signed: &[String]) -> Result<Vec<(u64, LogHead)>, RecordError> {
        let mut heads = Vec::new();
        for (log, last) in Log::ALL.into_iter().zip(signed) {
            let size = Checkpoint::claimed(last).map_or(0, |checkpoint| checkpoint.size);
            let mut checkpoints = Vec::new();
            for mut row in db.query(include_str!("sql/list_checkpoints.sql"), &[log.name().into(), (-1).into()])? {
                let (at, note) = (row.int()?, row.text()?);
                if at < number(size)? {
                    checkpoints.push(note);
                }
            }
            checkpoints.push(last.clone());
            let keys = self.keys.all_public(log).iter().map(PublicKey::to_string).collect();
            heads.push((size, LogHead { origin: self.keys.origin(log), keys, checkpoints }));
        }
        Ok(heads)
    }
}

/// Entries of a log, in order; every one that was asked for.
pub(super) fn leaves(db: &mut Db, log: Log, from: u64, to: u64) -> Result<Vec<(u64, String)>, DbError> {
    let values = [log.name().into(), number(from)?.into(), number(to)?.into()];
    let rows = db.query(include_str!("sql/list_leaves.sql"), &values)?;
    let mut leaves = Vec::with_capacity(rows.len());
    for (index, mut row) in (from..to).zip(rows) {
        if row.int()? != number(index)? {
            break;
        }
        leaves.push((index, row.text()?));
    }
    let all = leaves.len() as u64 == to - from;
    all.then_some(leaves).ok_or_else(|| DbError::Refused(format!("the log `{}` lacks entries", log.name())))
}

/// The places of a referral's entries; who asks reads none of them.
fn places(db: &mut Db, id: &str) -> Result<Vec<u64>, RecordError> {
    let reference = super::reference::heard(id);
    let values = [id.into(), reference.as_deref().unwrap_or_default().into()];
    let row = db.find(include_str!("sql/find_referral.sql"), &values)?.ok_or(RecordError::NotFound)?;
    let id = super::case::Listed::read(row)?.id;
    let rows = db.query(include_str!("sql/list_places_of_referral.sql"), &[id.as_str().into()])?;
    let place = |mut row: super::db::Row| Ok(u64::try_from(row.int()?).unwrap_or_default());
    rows.into_iter().map(place).collect()
}

/// One log of a bundle on the way from its first entry to its last.
struct Walk {
    head: LogHead,
    keys: Vec<PublicKey>,
    checkpoints: BTreeMap<u64, Hash>,
    frontier: Frontier,
    checked: usize,
    proven: usize,
}

fn damage<T>(place: &str, what: impl Into<String>) -> Result<T, Damage> {
    Err(Damage { place: place.to_owned(), what: what.into() })
}

/// What a bundle shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Each log that is whole.
    pub whole: Vec<Sound>,
    /// How many single entries were proven, each log's checkpoint beside it.
    pub proven: Vec<(String, usize)>,
    /// The keys that signed, as C2SP writes them: to be held against those in the minutes.
    pub keys: Vec<String>,
}

/// Verifies a bundle, without a database or any key but those that it names; `held` are checkpoints that somebody kept,
/// `key` a public key that they trust.
///
/// # Errors
/// When it cannot be read. Damage is a verdict, not an error.
pub fn verify(lines: impl BufRead, held: &[String], key: Option<&str>) -> io::Result<Result<Shown, Damage>> {
    let mut lines = lines.lines();
    let Some(first) = lines.next().transpose().or_else(not_utf8)? else {
        return Ok(damage("the bundle", "it is empty"));
    };
    let mut walks = match begin(&first, held, key) {
        Ok(walks) => walks,
        Err(damage) => return Ok(Err(damage)),
    };
    for (number, text) in lines.enumerate() {
        // What is not UTF-8 is no line of a bundle.
        let text = text.or_else(|error| not_utf8(error).map(Option::unwrap_or_default))?;
        if let Err(damage) = entry(&mut walks, number + 2, &text) {
            return Ok(Err(damage));
        }
    }
    Ok(end(walks))
}

/// Bytes that are no text are damage; what cannot be read is not.
fn not_utf8(error: io::Error) -> io::Result<Option<String>> {
    if error.kind() == io::ErrorKind::InvalidData { Ok(Some(String::new())) } else { Err(error) }
}

fn begin(first: &str, held: &[String], key: Option<&str>) -> Result<Vec<Walk>, Damage> {
    let head: Option<Head> = is_objects(first).then(|| serde_json::from_str(first).ok()).flatten();
    let Some(head) = head.filter(|head| head.format == FORMAT) else {
        return damage("the bundle", format!("its first line is not that of a bundle of the form `{FORMAT}`"));
    };
    if head.logs.is_empty() {
        return damage("the bundle", "it names no log");
    }
    let named: Vec<&str> = head.logs.iter().map(|log| log.origin.as_str()).collect();
    for note in held {
        let origin = note.lines().next().unwrap_or_default();
        if !named.contains(&origin) {
            return damage(
                "the minutes",
                format!("they hold a checkpoint of `{origin}`, and the bundle has no such log"),
            );
        }
    }
    let mut walks: Vec<Walk> = Vec::new();
    let mut is_trusted = false;
    for log in head.logs.clone() {
        let place = format!("the log `{}`", log.origin);
        if walks.iter().any(|walk| walk.head.origin == log.origin) {
            return damage("the bundle", format!("it names the log `{}` twice", log.origin));
        }
        let Some(keys) = log.keys.iter().map(|key| PublicKey::parse(key)).collect::<Option<Vec<_>>>() else {
            return damage(&place, "a public key is not one");
        };
        let mut walk = Walk {
            keys,
            checkpoints: BTreeMap::new(),
            frontier: Frontier::default(),
            checked: 0,
            proven: 0,
            head: log.clone(),
        };
        let ours = held.iter().filter(|note| note.lines().next() == Some(&log.origin));
        for note in log.checkpoints.iter().chain(ours) {
            match Checkpoint::open(note, &walk.keys) {
                Ok(checkpoint) if checkpoint.origin == log.origin => {
                    // A key that is only listed vouches for nothing.
                    let trusted = key.and_then(PublicKey::parse);
                    is_trusted |= trusted.is_some_and(|key| Checkpoint::open(note, &[key]).is_ok());
                    let other = walk.checkpoints.insert(checkpoint.size, checkpoint.root);
                    if other.is_some_and(|other| other != checkpoint.root) {
                        return damage(&place, "two checkpoints of the same size were signed: the log was forked");
                    }
                }
                Ok(_) => return damage(&place, "a checkpoint is of another log"),
                Err(error) => return damage(&place, error.to_string()),
            }
        }
        if walk.checkpoints.is_empty() {
            return damage(&place, "it has no signed checkpoint");
        }
        walk.signed()?;
        walks.push(walk);
    }
    if key.is_some() && !is_trusted {
        return damage("the bundle", "the key that was given signed none of its logs");
    }
    Ok(walks)
}

/// Whether a first line is written as objects, the reader's other form of which is a list.
fn is_objects(first: &str) -> bool {
    let read: Option<serde_json::Value> = serde_json::from_str(first).ok();
    read.is_some_and(|head| head["logs"].as_array().is_some_and(|logs| logs.iter().all(serde_json::Value::is_object)))
}

fn entry(walks: &mut [Walk], number: usize, text: &str) -> Result<(), Damage> {
    let place = format!("line {number}");
    let Some(entry) = text.starts_with('{').then(|| serde_json::from_str::<Entry>(text).ok()).flatten() else {
        return damage(&place, "it is not an entry");
    };
    let Some(walk) = walks.iter_mut().find(|walk| walk.head.origin == entry.log) else {
        return damage(&place, "it is of a log that the first line does not name");
    };
    let place = format!("entry {} of `{}`", entry.index, entry.log);
    if Leaf::parse(&entry.leaf).is_none() {
        return damage(&place, "its text is not an entry of a log");
    }
    let hash = leaf_hash(entry.leaf.as_bytes());
    if let Some(proof) = entry.proof {
        let step = |step: &String| BASE64.decode(step.as_bytes()).ok()?.try_into().ok();
        let proof: Option<Vec<Hash>> = proof.iter().map(step).collect();
        let last = walk.checkpoints.last_key_value();
        let holds = proof
            .zip(last)
            .is_some_and(|(proof, (size, root))| shows_inclusion(&hash, entry.index, *size, &proof, root));
        walk.proven += 1;
        return if holds { Ok(()) } else { damage(&place, "its proof does not lead to the signed checkpoint") };
    }
    if entry.index != walk.frontier.size() {
        return damage(&place, format!("entry {} is missing before it", walk.frontier.size()));
    }
    walk.frontier.push(hash);
    walk.signed()
}

impl Walk {
    /// Holds the root reached against the checkpoint of the size reached.
    fn signed(&mut self) -> Result<(), Damage> {
        let size = self.frontier.size();
        let Some(root) = self.checkpoints.get(&size) else { return Ok(()) };
        if *root != self.frontier.root() {
            let what = format!("the first {size} entries are not those that were signed");
            return damage(&format!("the log `{}`", self.head.origin), what);
        }
        self.checked += 1;
        Ok(())
    }
}

fn end(walks: Vec<Walk>) -> Result<Shown, Damage> {
    let mut shown = Shown { whole: Vec::new(), proven: Vec::new(), keys: Vec::new() };
    let has_proofs = walks.iter().any(|walk| walk.proven > 0);
    for walk in walks {
        let (size, origin) = (walk.frontier.size(), walk.head.origin);
        let signed = walk.checkpoints.last_key_value().map_or(0, |(size, _)| *size);
        shown.keys.extend(walk.head.keys);
        if walk.proven > 0 && size > 0 {
            return damage(&format!("the log `{origin}`"), "some of its entries have a proof, and some have none");
        }
        if walk.proven > 0 {
            shown.proven.push((origin, walk.proven));
        } else if !(has_proofs && size == 0) {
            if size != signed {
                let what = format!("it has {size} entries, and {signed} were signed");
                return damage(&format!("the log `{origin}`"), what);
            }
            let (root, checkpoints) = (walk.frontier.root(), walk.checked);
            shown.whole.push(Sound { origin, size, root, checkpoints, erased: None });
        }
    }
    Ok(shown)
}
