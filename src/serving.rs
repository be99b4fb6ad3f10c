//! What a request holds: the live rule set, the record, the clock. One request sees one rule set from start to end.
//!
//! A changed folder is loaded and checked beside the live set and swapped in whole; an invalid change is reported and
//! the old set stays. Once partners ever agreed a rule change, the record says what is in force from which moment, and
//! the folder does no longer: each request is answered under the rules of its own moment, at every replica alike.

mod stands;
mod watch;
mod working_out;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use arc_swap::ArcSwap;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::access::quota::Quota;
use crate::access::tokens::Tokens;
use crate::access::tries::Tries;
use crate::criteria::{Loaded, RuleFile, RuleSet, load};
use crate::diagnostic::{Diagnostic, Severity};
use crate::figures::Figures;
use crate::record::transfer::Transfers;
use crate::record::{Record, RecordError};
use crate::rule_change::Reign;
use crate::rules_dir::{self, RulesDirError};

pub(crate) use stands::seconds;
pub use stands::{Looking, Parts};
pub use watch::Watch;
pub use working_out::WorkingOut;

/// Whom it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Invented people of the demonstration, on this machine alone.
    Demonstration,
    /// Real people and systems who try it, with invented families.
    Test,
    /// Real families.
    Live,
}

impl Environment {
    /// Its word, on every answer.
    pub fn word(self) -> &'static str {
        match self {
            Self::Demonstration => "demonstration",
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// The live rule set, and where it came from.
#[derive(Debug)]
pub struct Serving {
    folder: PathBuf,
    /// In order of time, the first in force now.
    // INVARIANT: never empty, and the first is from the earliest moment that there is.
    live: ArcSwap<Vec<Turn>>,
    next: Option<Next>,
    record: Option<Arc<Record>>,
    environment: Environment,
    transfers: Arc<Transfers>,
    tokens: Option<Arc<Tokens>>,
    quota: Option<Quota>,
    tries: Option<Tries>,
    small_counts: u64,
    under_way: Mutex<working_out::UnderWay>,
    leaving: AtomicBool,
    stands: Mutex<stands::Stands>,
    /// Whether the folder, when it was read last, held what cannot be served.
    not_read: AtomicBool,
}

/// One rule set, from a moment to the next.
#[derive(Debug, Clone)]
struct Turn {
    from: Timestamp,
    rules: Arc<RuleSet>,
    /// Whether partners agreed it in the record; the folder's was not.
    is_agreed: bool,
}

impl Turn {
    fn of_folder(rules: Arc<RuleSet>) -> Arc<Vec<Self>> {
        Arc::new(vec![Self { from: Timestamp::MIN, rules, is_agreed: false }])
    }
}

/// A folder that is said to come next.
#[derive(Debug)]
struct Next {
    folder: PathBuf,
    rules: ArcSwap<RuleSet>,
}

/// Why there is no rule set to serve.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// The folder could not be read.
    #[error(transparent)]
    Folder(#[from] RulesDirError),
    /// The rules have errors.
    #[error("the rules have errors")]
    Problems(Vec<Diagnostic>),
    /// They cannot be kept, and nothing is recorded under rules that are not.
    #[error("the rules cannot be kept in the record: {0}")]
    NotKept(#[from] RecordError),
    /// Once partners agree rule changes, no folder comes into force by itself.
    #[error("partners agreed the rules in force here; the folder holds others, which are not served: propose them")]
    Agreed,
    /// Reading them broke off; a mistake of the program, not of the rules.
    #[error("reading the rules broke off; please report this")]
    BrokeOff,
}

impl Serving {
    /// Loads a rules folder to serve it: to evaluate, and with a record to record too.
    ///
    /// # Errors
    /// When the folder cannot be read, its rules have errors, or the record cannot keep them.
    pub fn load(folder: &Path, record: Option<Arc<Record>>) -> Result<Self, NoRules> {
        let live = match record.as_deref().map(|record| agreed(record, now())).transpose()?.flatten() {
            Some(turns) => Arc::new(turns),
            None => Turn::of_folder(kept(folder, record.as_deref())?),
        };
        let transfers = Arc::default();
        Ok(Self {
            folder: folder.to_owned(),
            live: ArcSwap::from(live),
            next: None,
            record,
            environment: Environment::Demonstration,
            transfers,
            tokens: None,
            quota: None,
            tries: None,
            small_counts: Figures::SMALL,
            under_way: Mutex::default(),
            leaving: AtomicBool::new(false),
            stands: Mutex::default(),
            not_read: AtomicBool::new(false),
        })
    }

    /// The same with the folder of a rule set that was agreed and is not yet in force: partners read it, and try it.
    ///
    /// # Errors
    /// When the folder cannot be read or its rules have errors.
    pub fn with_next(self, folder: &Path) -> Result<Self, NoRules> {
        let (rules, _) = checked(folder)?;
        Ok(Self { next: Some(Next { folder: folder.to_owned(), rules: ArcSwap::from(rules) }), ..self })
    }

    /// The same for an authority that sends transfers to others and takes theirs.
    #[must_use]
    pub fn with_transfers(self, transfers: Transfers) -> Self {
        Self { transfers: Arc::new(transfers), ..self }
    }

    /// Who this authority is, and whose transfers it takes.
    pub fn transfers(&self) -> &Arc<Transfers> {
        &self.transfers
    }

    /// The same for real people and systems: nobody invented is known any more.
    #[must_use]
    pub fn for_real(self) -> Self {
        Self { environment: Environment::Live, ..self }
    }

    /// The same for real people and systems who try it with invented families.
    #[must_use]
    pub fn for_tests(self) -> Self {
        Self { environment: Environment::Test, ..self }
    }

    /// Whom it serves.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The same for partners' systems that an authorisation server vouches for.
    #[must_use]
    pub fn with_tokens(self, tokens: Tokens) -> Self {
        Self { tokens: Some(Arc::new(tokens)), ..self }
    }

    /// The same with a quota for each client.
    #[must_use]
    pub fn with_quota(self, quota: Quota) -> Self {
        Self { quota: Some(quota), ..self }
    }

    /// The same with a limit to how often unknown credentials are tried.
    #[must_use]
    pub fn with_tries(self, tries: Tries) -> Self {
        Self { tries: Some(tries), ..self }
    }

    /// The same where figures leave out counts up to another number.
    #[must_use]
    pub fn with_small_counts(self, small_counts: u64) -> Self {
        Self { small_counts, ..self }
    }

    /// Counts from one to so many are not told in figures.
    pub fn small_counts(&self) -> u64 {
        self.small_counts
    }

    /// The authorisation server whose access tokens are taken.
    pub fn tokens(&self) -> Option<&Arc<Tokens>> {
        self.tokens.as_ref()
    }

    /// How often a client may call.
    pub fn quota(&self) -> Option<&Quota> {
        self.quota.as_ref()
    }

    /// How often unknown credentials are tried.
    pub fn tries(&self) -> Option<&Tries> {
        self.tries.as_ref()
    }

    /// Whether the invented people of the demonstration are known.
    pub fn is_demonstration(&self) -> bool {
        self.environment == Environment::Demonstration
    }

    /// The record, where one is kept.
    pub fn record(&self) -> Option<&Arc<Record>> {
        self.record.as_ref()
    }

    /// Says from now on that requests had better go to another replica; those that come are answered all the same.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether requests had better go to another replica.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// The rule set for one request that begins now.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.rules_at(now())
    }

    /// The rule set in force at a moment, from now on.
    pub fn rules_at(&self, at: Timestamp) -> Arc<RuleSet> {
        let turns = self.live.load();
        let turn = turns.iter().rev().find(|turn| turn.from <= at);
        Arc::clone(&turn.unwrap_or(&turns[0]).rules)
    }

    /// The rule set that comes next, until it is the one in force.
    pub fn next_rules(&self) -> Option<Arc<RuleSet>> {
        self.next().map(|(rules, _)| rules)
    }

    /// The same, and the day in London from which on it is in force.
    pub fn next(&self) -> Option<(Arc<RuleSet>, String)> {
        let at = now();
        if let Some(turn) = self.live.load().iter().find(|turn| turn.from > at) {
            let london = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
            return Some((Arc::clone(&turn.rules), turn.from.to_zoned_datetime(london).date().to_string()));
        }
        let next = self.next.as_ref()?.rules.load_full();
        let from = next.framework().in_force.from.clone();
        (next.id() != self.rules_at(at).id()).then_some((next, from))
    }

    /// The rules that a change would follow: the last that partners agreed, or what is in force.
    pub fn last_rules(&self) -> Arc<RuleSet> {
        let turns = self.live.load();
        Arc::clone(&turns.last().unwrap_or(&turns[0]).rules)
    }

    /// When other rules come into force, as far as is known now.
    pub fn next_turn(&self) -> Option<Timestamp> {
        let at = now();
        self.live.load().iter().map(|turn| turn.from).find(|from| *from > at)
    }

    /// Whether partners agreed what is in force; until they ever did, the folder says.
    pub fn is_agreed(&self) -> bool {
        self.live.load()[0].is_agreed
    }

    /// The same after a step that is on record: what stands in the way now is looked at again within a second, and makes
    /// nothing unrecorded.
    pub fn look_soon(&self) {
        if let Err(error) = self.look_again() {
            tracing::error!(%error, "which rules are in force cannot be looked up; those that were known stay");
        }
    }

    /// Looks in the record what is in force from when on, and notes there that it is. Every replica does so each second.
    ///
    /// # Errors
    /// When the record cannot be read or written; what was known stays in force.
    pub fn look_again(&self) -> Result<(), RecordError> {
        let Some(record) = self.record.as_deref() else { return Ok(()) };
        let at = now();
        let Some(turns) = agreed(record, at)? else { return Ok(()) };
        let is_same = |turns: &[Turn], others: &[Turn]| {
            let of = |turns: &[Turn]| -> Vec<(Timestamp, String)> {
                turns.iter().map(|turn| (turn.from, turn.rules.id().digest.clone())).collect()
            };
            of(turns) == of(others)
        };
        if !self.is_agreed() || !is_same(&turns, &self.live.load()) {
            self.live.store(Arc::new(turns));
        }
        if record.read_only().is_none() {
            record.put_in_force(&self.rules_at(at).id().digest, at)?;
        }
        Ok(())
    }

    /// The folder that is served.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The same, and that of what comes next.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.folder.as_path()).chain(self.next.as_ref().map(|next| next.folder.as_path()))
    }

    /// Loads the folders again; the digest of the new set in force, or `None` when nothing of it changed that decides
    /// anything.
    ///
    /// # Errors
    /// As `load`; what has errors stays as it was.
    pub fn reload(&self) -> Result<Option<String>, NoRules> {
        let reloaded = self.reload_all();
        self.not_read.store(reloaded.is_err(), Ordering::Relaxed);
        reloaded
    }

    fn not_read(&self) -> bool {
        self.not_read.load(Ordering::Relaxed)
    }

    fn reload_all(&self) -> Result<Option<String>, NoRules> {
        let in_force = self.reload_in_force()?;
        if let Some(next) = &self.next {
            next.rules.store(checked(&next.folder)?.0);
        }
        Ok(in_force)
    }

    fn reload_in_force(&self) -> Result<Option<String>, NoRules> {
        if self.is_agreed() {
            let (rules, _) = checked(&self.folder)?;
            return if rules.id() == self.rules().id() { Ok(None) } else { Err(NoRules::Agreed) };
        }
        let rules = kept(&self.folder, self.record.as_deref())?;
        if rules.id() == self.rules().id() {
            return Ok(None);
        }
        let digest = rules.id().digest.clone();
        self.live.store(Turn::of_folder(rules));
        Ok(Some(digest))
    }
}

/// What partners agreed: the rules in force now, and those that follow; nothing where they never agreed any.
fn agreed(record: &Record, now: Timestamp) -> Result<Option<Vec<Turn>>, RecordError> {
    let Some(reigns) = record.rules_told()?.reigns() else { return Ok(None) };
    let current = reigns.iter().rposition(|reign| reign.from <= now).unwrap_or(0);
    let turn = |reign: &Reign| Ok(Turn { from: reign.from, rules: record.rule_set(&reign.digest)?, is_agreed: true });
    let mut turns = reigns[current..].iter().map(turn).collect::<Result<Vec<Turn>, RecordError>>()?;
    turns[0].from = Timestamp::MIN;
    Ok(Some(turns))
}

/// Loads, checks and keeps: what is recorded under a rule set can be replayed only where the rule set is kept.
fn kept(folder: &Path, record: Option<&Record>) -> Result<Arc<RuleSet>, NoRules> {
    let (rules, files) = checked(folder)?;
    match record {
        // A record that is read-only evaluates all the same; it records nothing.
        Some(record) if record.read_only().is_none() => {
            record.keep_rule_set(&rules, &files, now())?;
            record.put_in_force(&rules.id().digest, now())?;
        }
        _ => {}
    }
    Ok(rules)
}

fn checked(folder: &Path) -> Result<(Arc<RuleSet>, Vec<RuleFile>), NoRules> {
    let files: Vec<RuleFile> = rules_dir::read(folder)?;
    let Loaded { rule_set, mut problems, .. } = load(&files);
    let rules = rule_set.ok_or_else(|| {
        problems.retain(|problem| problem.severity == Severity::Error);
        NoRules::Problems(problems)
    })?;
    Ok((Arc::new(rules), files))
}

/// By how much a demonstration's clock is ahead.
static AHEAD: OnceLock<SignedDuration> = OnceLock::new();

/// The time, read once a request; nothing deeper reads it.
pub fn now() -> Timestamp {
    let ahead = AHEAD.get().copied().unwrap_or(SignedDuration::ZERO);
    of_the_machine().saturating_add(ahead).unwrap_or(Timestamp::MAX)
}

/// Begins a demonstration at another moment, from where its clock goes on; said once, before anything reads it.
pub fn begin_at(at: Timestamp) {
    // A second time says nothing.
    let _ = AHEAD.set(at.duration_since(of_the_machine()));
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock, and passes the time on as an argument")]
fn of_the_machine() -> Timestamp {
    Timestamp::now()
}
