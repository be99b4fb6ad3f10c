//! The whole record in the open: a folder of NDJSON files that anybody reads without this program, and a record again.
//!
//! It is a backup with everything sealed in it opened, so it goes through one: out of a copy that verified, and into a
//! copy that must verify before it is put back. What sealing drew stands beside each body, so that the same bytes are
//! sealed again, and the log goes on holding them. `docs/export.md` says what is in it, and goes with it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::copy::{STRIDE, TABLES, Table, empty_tables, insert, restore};
use super::db::{Access, Cell, Db, DbError, Location};
use super::keys::{Keys, own_file, own_folder};
use super::leaf::Leaf;
use super::log::leaf_hash;
use super::migrate::{migrate, setting};
use super::rule_sets::{packed, unpacked};
use super::seal::{NONCE, ReferralKey, SALT};
use super::store::{head, number};
use super::transfer::kept;
use super::verify::Verdict;
use super::{Log, Places, Record, RecordError};
use crate::criteria::RuleFile;

/// The version of the form.
const FORMAT: &str = "windscreen-export-1";
const MANIFEST: &str = "manifest.json";
const ENTRIES: &str = "entry";
const RULES: &str = "rules";
/// What is in it, for whoever opens it.
const READ_ME: &str = include_str!("../../docs/export.md");

/// Why an export was not made or not taken in.
#[derive(Debug, thiserror::Error)]
pub enum WholeError {
    /// The record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file of the folder.
    #[error("`{path}`: {cause}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        cause: io::Error,
    },
    /// It is no export, one of another form, or one that was not written to its end.
    #[error("`{path}`: {why}", path = path.display())]
    NotTaken {
        /// Which file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A line of a file is not one that an export has.
    #[error("`{path}`, line {line}: {why}", path = path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong, without what it says.
        why: String,
    },
}

impl From<DbError> for WholeError {
    fn from(error: DbError) -> Self {
        Self::Record(error.into())
    }
}

/// What the folder holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    /// The installation's name.
    installation: String,
    /// The program that wrote it, and the number of its schema.
    program: String,
    schema: String,
    /// Invented or real; nothing where it was never served.
    families: Option<String>,
    exported_at: Timestamp,
    files: Vec<Listed>,
}

/// One file of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

/// An entry of a log: its leaf and its body as they were entered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    log: String,
    place: i64,
    leaf: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referral: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
}

impl Record {
    /// Writes everything into a new folder, opened. That it was is an entry before anything is written.
    ///
    /// # Errors
    /// When nothing can be recorded, there is such a folder already, or it cannot be written. Damage is a verdict, not an
    /// error. What was begun goes again.
    pub fn export_whole(&self, folder: &Path, now: Timestamp) -> Result<Verdict, WholeError> {
        self.writable()?;
        let failed = |cause| WholeError::File { path: folder.to_owned(), cause };
        own_folder(folder).map_err(failed)?;
        let written = self.write_whole(folder, now);
        if !matches!(written, Ok(Ok(_))) {
            fs::remove_dir_all(folder).map_err(failed)?;
        }
        written
    }

    fn write_whole(&self, folder: &Path, now: Timestamp) -> Result<Verdict, WholeError> {
        self.say_exported("everything in the open", now)?;
        self.sign_now()?;
        // Before the copy, which is then never behind them.
        let signed = self.signed()?;
        let aside = tempfile::tempdir_in(folder).map_err(RecordError::from)?;
        let copy = aside.path().join("copy");
        let whole = match self.copied(&copy)? {
            Ok(whole) => whole,
            Err(damage) => return Ok(Err(damage)),
        };
        let mut db = Db::open(&Location::Sqlite(copy), Access::Read)?;
        let mut out = Out { folder, files: Vec::new() };
        out.write("READ-ME.md", |file| Ok(file.write_all(READ_ME.as_bytes())?))?;
        out.write("log.jsonl", |file| self.write_bundle(&mut db, &signed, file))?;
        out.write(&ndjson(ENTRIES), |file| write_entries(&mut db, &self.keys, file))?;
        for table in TABLES {
            let rows = db.query(table.select, &[])?;
            if table.name == "rule_set" {
                for mut row in rows {
                    let (digest, files) = (row.text()?, row.bytes()?);
                    out.rule_set(&digest, &files)?;
                }
                continue;
            }
            out.write(&ndjson(table.name), |file| {
                for row in rows {
                    let line = opened(&self.keys, table, row.cells())?;
                    line_to(file, &line)?;
                }
                Ok(())
            })?;
        }
        let setting = |db: &mut Db, name: &str| setting(db, name).map(Option::unwrap_or_default);
        let manifest = Manifest {
            format: FORMAT.into(),
            installation: self.keys.installation.clone(),
            program: env!("CARGO_PKG_VERSION").into(),
            schema: setting(&mut db, "schema")?,
            families: Some(setting(&mut db, "families")?).filter(|word| !word.is_empty()),
            exported_at: now,
            files: std::mem::take(&mut out.files),
        };
        drop(db);
        aside.close().map_err(RecordError::from)?;
        // Last: a folder without it was not written to its end.
        out.write(MANIFEST, |file| {
            serde_json::to_writer_pretty(&mut *file, &manifest).map_err(io::Error::from)?;
            Ok(file.write_all(b"\n")?)
        })?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(RecordError::from)?;
        Ok(Ok(whole))
    }
}

/// Makes an export a record again, where none is, once it verified.
///
/// # Errors
/// When there is something already, or the folder is no whole export, with the file and line. Damage is a verdict, not an
/// error.
pub fn import(folder: &Path, places: &Places) -> Result<Verdict, WholeError> {
    let keys = Keys::read(&places.keys).map_err(RecordError::from)?;
    let manifest = Manifest::read(folder)?;
    let not_taken = |why: String| Err(WholeError::NotTaken { path: folder.join(MANIFEST), why });
    if manifest.installation != keys.installation {
        let (theirs, ours) = (&manifest.installation, &keys.installation);
        return not_taken(format!("it is of the installation `{theirs}`, and the key file is of `{ours}`"));
    }
    let aside = tempfile::tempdir().map_err(RecordError::from)?;
    let copy = aside.path().join("copy");
    let location = Location::Sqlite(copy.clone());
    migrate(&location)?;
    let mut to = Db::open(&location, Access::Write)?;
    let own = setting(&mut to, "schema")?.unwrap_or_default();
    if manifest.schema != own {
        let theirs = &manifest.schema;
        return not_taken(format!(
            "it is of schema {theirs}, and this program's is {own}: import it with the version that wrote it, then migrate"
        ));
    }
    manifest.is_unchanged(folder)?;
    to.run("BEGIN")?;
    empty_tables(&mut to)?;
    for table in TABLES {
        if table.name == "rule_set" {
            for (digest, files) in manifest.rule_sets(folder)? {
                let cells = [Cell::Text(digest), Cell::Bytes(packed(&files))];
                insert(&mut to, table.insert, &cells, &[])?;
            }
            continue;
        }
        lines(folder, table.name, |line| {
            let cells = sealed(&keys, table, line)?;
            insert(&mut to, table.insert, &cells, &[]).map_err(|error| error.to_string())
        })?;
    }
    let referral_keys = referral_keys(&mut to, &keys)?;
    lines(folder, ENTRIES, |line| {
        let entry: Entry = serde_json::from_str(line).map_err(|error| without_words(&error))?;
        let cells = entry.cells(&referral_keys)?;
        insert(&mut to, include_str!("sql/append_entry.sql"), &cells, &[]).map_err(|error| error.to_string())
    })?;
    to.commit()?;
    to.compact()?;
    drop(to);
    Ok(restore(&copy, places)?)
}

impl Manifest {
    fn read(folder: &Path) -> Result<Self, WholeError> {
        let path = folder.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                let why = "it is missing: this is no export, or one that was not written to its end".to_owned();
                return Err(WholeError::NotTaken { path, why });
            }
            Err(cause) => return Err(WholeError::File { path, cause }),
        };
        let manifest: Self = match serde_json::from_str(&text) {
            Ok(manifest) => manifest,
            Err(error) => return Err(WholeError::Line { path, line: error.line(), why: without_words(&error) }),
        };
        if manifest.format != FORMAT {
            let why = format!("this program takes in `{FORMAT}`, and it is `{}`", manifest.format);
            return Err(WholeError::NotTaken { path, why });
        }
        let needed = TABLES.iter().map(|table| table.name).filter(|name| *name != "rule_set").chain([ENTRIES]);
        let missing = needed.map(ndjson).find(|name| !manifest.files.iter().any(|file| file.name == *name));
        match missing {
            Some(name) => Err(WholeError::NotTaken { path, why: format!("it does not list `{name}`") }),
            None => Ok(manifest),
        }
    }

    /// Every file is there as it was written.
    fn is_unchanged(&self, folder: &Path) -> Result<(), WholeError> {
        for file in &self.files {
            let path = within(folder, &file.name)?;
            let mut hash = Sha256::new();
            let read = File::open(&path).and_then(|mut opened| io::copy(&mut opened, &mut HashingOnly(&mut hash)));
            if let Err(cause) = read {
                return Err(WholeError::File { path, cause });
            }
            if HEXLOWER.encode(&hash.finalize()) != file.sha256 {
                let why = "it is not as it was exported: its SHA-256 is another than the manifest says".to_owned();
                return Err(WholeError::NotTaken { path, why });
            }
        }
        Ok(())
    }

    /// The files of each rule set, by its digest.
    fn rule_sets(&self, folder: &Path) -> Result<BTreeMap<String, Vec<RuleFile>>, WholeError> {
        let mut all: BTreeMap<String, Vec<RuleFile>> = BTreeMap::new();
        for file in &self.files {
            let parts = file.name.strip_prefix(RULES).and_then(|rest| rest.strip_prefix('/'));
            let Some((digest, name)) = parts.and_then(|rest| rest.split_once('/')) else { continue };
            let path = within(folder, &file.name)?;
            let bytes = fs::read(&path).map_err(|cause| WholeError::File { path, cause })?;
            let files = all.entry(format!("sha256:{digest}")).or_default();
            files.push(RuleFile { path: name.to_owned(), bytes });
        }
        Ok(all)
    }
}

impl Entry {
    /// The row, its body sealed again.
    fn cells(&self, keys: &BTreeMap<String, ReferralKey>) -> Result<Vec<Cell>, String> {
        let leaf = self.leaf.get();
        let body = match (&self.referral, &self.body, &self.salt, &self.nonce) {
            (None, None, None, None) => Cell::Null,
            (Some(referral), Some(body), Some(salt), Some(nonce)) => {
                let key = keys.get(referral).ok_or("the key of its referral is in no line of `referral_key.ndjson`")?;
                let id = Leaf::parse(leaf).ok_or("its leaf is none")?.id;
                let nonce: [u8; NONCE] = base64(nonce)?.try_into().map_err(|_| "its nonce is none")?;
                let plain = [base64(salt)?.as_slice(), body.get().as_bytes()].concat();
                Cell::Bytes(key.seal_again(&id, nonce, &plain).map_err(|error| error.to_string())?)
            }
            _ => return Err("a body has `referral`, `salt` and `nonce` beside it, or none is there".into()),
        };
        let mac = self.mac.as_deref().map(base64).transpose()?.map_or(Cell::Null, Cell::Bytes);
        let referral = self.referral.clone().map_or(Cell::Null, Cell::Text);
        let hash = Cell::Bytes(leaf_hash(leaf.as_bytes()).to_vec());
        Ok(vec![
            Cell::Text(self.log.clone()),
            Cell::Int(self.place),
            Cell::Text(leaf.to_owned()),
            hash,
            referral,
            body,
            mac,
        ])
    }
}

/// Writes the entries of both logs, each with its body opened.
fn write_entries(db: &mut Db, keys: &Keys, out: &mut dyn Write) -> Result<(), RecordError> {
    let referral_keys = referral_keys(db, keys)?;
    for log in Log::ALL {
        let size = head(db, log)?.size();
        let mut from = 0;
        while from < size {
            let values = [log.name().into(), number(from)?.into(), number(from + STRIDE)?.into()];
            for mut row in db.query(include_str!("sql/list_entries.sql"), &values)? {
                let (place, text, _) = (row.int()?, row.text()?, row.hash()?);
                let (referral, body, mac) = (row.maybe_text()?, row.maybe_bytes()?, row.maybe_bytes()?);
                // What verified has none of these.
                let damaged = |what: &str| RecordError::Damaged(format!("entry {place} of `{}`: {what}", log.name()));
                let leaf = raw(text).ok_or_else(|| damaged("its leaf is no JSON"))?;
                let mut entry = Entry {
                    log: log.name().to_owned(),
                    place,
                    leaf,
                    referral,
                    body: None,
                    salt: None,
                    nonce: None,
                    mac: mac.map(|mac| BASE64.encode(&mac)),
                };
                if let Some(sealed) = body {
                    let key = entry.referral.as_ref().and_then(|referral| referral_keys.get(referral));
                    let id = Leaf::parse(entry.leaf.get()).map(|leaf| leaf.id).unwrap_or_default();
                    let unsealed = key.and_then(|key| key.unseal(&id, &sealed));
                    let (nonce, plain) = unsealed.ok_or_else(|| damaged("its body does not open"))?;
                    let (salt, body) = plain.split_at_checked(SALT).ok_or_else(|| damaged("its body has no salt"))?;
                    let body = String::from_utf8(body.to_vec()).ok().and_then(raw);
                    entry.body = Some(body.ok_or_else(|| damaged("its body is no JSON"))?);
                    (entry.salt, entry.nonce) = (Some(BASE64.encode(salt)), Some(BASE64.encode(&nonce)));
                }
                line_to(out, &entry)?;
            }
            from += STRIDE;
        }
    }
    Ok(())
}

/// JSON text as it stands; it is one line.
fn raw(text: String) -> Option<Box<RawValue>> {
    RawValue::from_string(text).ok().filter(|value| !value.get().contains('\n'))
}

/// The key of every referral, opened.
fn referral_keys(db: &mut Db, keys: &Keys) -> Result<BTreeMap<String, ReferralKey>, RecordError> {
    let mut all = BTreeMap::new();
    for mut row in db.query("SELECT referral, sealed FROM referral_key", &[])? {
        let (referral, sealed) = (row.text()?, row.bytes()?);
        let damaged = || RecordError::Damaged(format!("the key of the referral {referral} does not open"));
        let key = keys.open(&referral, &sealed).ok_or_else(damaged)?;
        all.insert(referral, key);
    }
    Ok(all)
}

/// A row as a line, with what is sealed in it opened.
fn opened(keys: &Keys, table: &Table, cells: Vec<Cell>) -> Result<Map<String, Value>, RecordError> {
    let mut line: Map<String, Value> =
        table.columns().zip(cells).map(|(column, cell)| (column.to_owned(), plain(cell))).collect();
    let id = |line: &Map<String, Value>, column: &str| line[column].as_str().unwrap_or_default().to_owned();
    let open = |line: &mut Map<String, Value>, id: &str, column: &str| {
        let sealed = line.shift_remove(column).and_then(|value| bytes(&value)).unwrap_or_default();
        let damaged = || RecordError::Damaged(format!("the key of `{id}` does not open"));
        keys.open(id, &sealed).ok_or_else(damaged)
    };
    match table.name {
        "referral_key" => {
            let id = id(&line, "referral");
            let key = open(&mut line, &id, "sealed")?;
            line.insert("key".into(), tagged(&key.to_bytes()));
        }
        "kept_transfer" => {
            let id = id(&line, "id");
            let key = open(&mut line, &id, "sealed_key")?;
            let sealed = line.shift_remove("sealed").and_then(|value| bytes(&value)).unwrap_or_default();
            let damaged = || RecordError::Damaged(format!("the kept transfer {id} does not open"));
            let (nonce, plain) = key.unseal(&kept::about(&id), &sealed).ok_or_else(damaged)?;
            line.insert("key".into(), tagged(&key.to_bytes()));
            line.insert("nonce".into(), tagged(&nonce));
            // As text: the same bytes are sealed again.
            line.insert("body".into(), String::from_utf8(plain).map_err(|_| damaged())?.into());
        }
        _ => {}
    }
    Ok(line)
}

/// A line as a row, sealed again; what is wrong with it, without what it says.
fn sealed(keys: &Keys, table: &Table, line: &str) -> Result<Vec<Cell>, String> {
    let mut line: Map<String, Value> = serde_json::from_str(line).map_err(|error| without_words(&error))?;
    let mut take = |column: &str| line.shift_remove(column).ok_or_else(|| format!("it has no `{column}`"));
    let key = |value: &Value| {
        bytes(value).and_then(|bytes| ReferralKey::from_bytes(&bytes)).ok_or_else(|| "its `key` is none".to_owned())
    };
    let seal = |id: &str, key: &ReferralKey| keys.seal(id, key).map(Cell::Bytes).map_err(|error| error.to_string());
    let mut ready: BTreeMap<&str, Cell> = BTreeMap::new();
    match table.name {
        "referral_key" => {
            let (id, key) = (take("referral")?, key(&take("key")?)?);
            let id = id.as_str().ok_or("its `referral` is no text")?.to_owned();
            ready.insert("sealed", seal(&id, &key)?);
            ready.insert("referral", Cell::Text(id));
        }
        "kept_transfer" => {
            let (id, key) = (take("id")?, key(&take("key")?)?);
            let id = id.as_str().ok_or("its `id` is no text")?.to_owned();
            let nonce = bytes(&take("nonce")?).and_then(|nonce| nonce.try_into().ok()).ok_or("its `nonce` is none")?;
            let body = take("body")?;
            let body = body.as_str().ok_or("its `body` is no text")?;
            let sealed = key.seal_again(&kept::about(&id), nonce, body.as_bytes());
            ready.insert("sealed", sealed.map(Cell::Bytes).map_err(|error| error.to_string())?);
            ready.insert("sealed_key", seal(&id, &key)?);
            ready.insert("id", Cell::Text(id));
        }
        _ => {}
    }
    let mut cells = Vec::new();
    for column in table.columns() {
        let cell = match ready.remove(column) {
            Some(cell) => cell,
            None => cell(take(column)?).ok_or_else(|| format!("its `{column}` is no value of a row"))?,
        };
        cells.push(cell);
    }
    match line.keys().next() {
        Some(column) => Err(format!("it has `{column}`, which `{}` has not", table.name)),
        None => Ok(cells),
    }
}

fn plain(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(number) => number.into(),
        Cell::Text(text) => text.into(),
        Cell::Bytes(bytes) => tagged(&bytes),
    }
}

fn cell(value: Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Null),
        Value::Number(number) => number.as_i64().map(Cell::Int),
        Value::String(text) => Some(Cell::Text(text)),
        other => bytes(&other).map(Cell::Bytes),
    }
}

/// Bytes, told apart from text.
fn tagged(bytes: &[u8]) -> Value {
    json!({ "base64": BASE64.encode(bytes) })
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    BASE64.decode(value.get("base64")?.as_str()?.as_bytes()).ok()
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text.as_bytes()).map_err(|_| "its `salt`, `nonce` or `mac` is no base64".to_owned())
}

fn ndjson(table: &str) -> String {
    format!("{table}.ndjson")
}

fn line_to(out: &mut dyn Write, value: &impl Serialize) -> Result<(), RecordError> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// What is wrong with JSON, without a word of what it says.
fn without_words(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "it has not the members of such a line",
        serde_json::error::Category::Eof => "it breaks off",
        _ => "it is no JSON",
    };
    format!("{what} (column {})", error.column())
}

/// Every line of a table's file, in order.
fn lines(folder: &Path, table: &str, mut each: impl FnMut(&str) -> Result<(), String>) -> Result<(), WholeError> {
    let path = folder.join(ndjson(table));
    let failed = |cause| WholeError::File { path: path.clone(), cause };
    let file = BufReader::new(File::open(&path).map_err(failed)?);
    for (at, line) in file.lines().enumerate() {
        each(&line.map_err(failed)?).map_err(|why| WholeError::Line { path: path.clone(), line: at + 1, why })?;
    }
    Ok(())
}

/// A file of the folder; none outside of it.
fn within(folder: &Path, name: &str) -> Result<PathBuf, WholeError> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !is_plain {
        let why = format!("`{name}` leads out of the folder");
        return Err(WholeError::NotTaken { path: folder.join(MANIFEST), why });
    }
    Ok(folder.join(name))
}

/// The folder on the way.
struct Out<'f> {
    folder: &'f Path,
    files: Vec<Listed>,
}

impl Out<'_> {
    /// Writes one file, readable by its owner alone, and on disk when this returns.
    fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Hashing) -> Result<(), RecordError>,
    ) -> Result<(), WholeError> {
        let path = within(self.folder, name)?;
        let failed = |cause| WholeError::File { path: path.clone(), cause };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let file = BufWriter::new(own_file(&path).map_err(failed)?);
        let mut file = Hashing { file, hash: Sha256::new(), bytes: 0 };
        write(&mut file)?;
        let Hashing { file, hash, bytes } = file;
        file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
        let sha256 = HEXLOWER.encode(&hash.finalize());
        self.files.push(Listed { name: name.to_owned(), bytes, sha256 });
        Ok(())
    }

    /// Writes the files of a rule set into a folder of its own.
    fn rule_set(&mut self, digest: &str, files: &[u8]) -> Result<(), WholeError> {
        let damaged = || RecordError::Damaged(format!("the rule set {digest} cannot be read"));
        let folder = digest.strip_prefix("sha256:").ok_or_else(damaged)?;
        for RuleFile { path, bytes } in unpacked(files).ok_or_else(damaged)? {
            self.write(&format!("{RULES}/{folder}/{path}"), |file| Ok(file.write_all(&bytes)?))?;
        }
        Ok(())
    }
}

/// A file that is hashed as it is written.
struct Hashing {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What only hashes.
struct HashingOnly<'h>(&'h mut Sha256);

impl Write for HashingOnly<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
