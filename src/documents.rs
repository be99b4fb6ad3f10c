//! The documents that are made from rules, as the terminal and the pages give them: with what the program says of itself,
//! and what the log of rules tells.

use crate::access::{Relation, TABLE};
use crate::criteria::{RuleFile, RuleSet};
use crate::publish::{self, Agreed, Form, Kept, MayDo, WasInForce};
use crate::record::batches::BATCH_KEPT_DAYS;
use crate::record::drafts::DRAFT_KEPT_DAYS;
use crate::record::rule_changes::InForceFrom;
use crate::record::transfer::kept;
use crate::record::{Record, RecordError, once};
use crate::rule_change::Said;

/// Which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Made {
    /// The threshold document
    Thresholds,
    /// The guide for practitioners: one page
    Guide,
    /// Draft of the algorithmic transparency record; with a record, since when each version was in force and who agreed
    Atrs,
    /// Annex to the data protection impact assessment: each fact, what reads it, and why
    Dpia,
    /// Equality monitoring note
    Equality,
    /// Training pack with worked cases
    Training,
}

impl Made {
    /// Every document: its word, what it is, and for whom.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 6] = [
        (Self::Thresholds, "thresholds", "The threshold document", "For everybody who refers or answers"),
        (Self::Guide, "guide", "The guide for practitioners", "One page, for the wall"),
        (Self::Training, "training", "The training pack", "For practitioners: how levels come about, and worked cases"),
        (
            Self::Equality,
            "equality",
            "The equality monitoring note",
            "For the board: what is monitored, and what to look at",
        ),
        (
            Self::Dpia,
            "dpia",
            "Annex to the data protection impact assessment",
            "For the data protection officer: each fact, what reads it, and why",
        ),
        (
            Self::Atrs,
            "atrs",
            "Draft of the algorithmic transparency record",
            "For the public, once the council has filled in what only it can say",
        ),
    ];
}

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// A template is broken, which a test finds first.
    #[error(transparent)]
    Template(#[from] minijinja::Error),
    /// The log of rules cannot be read.
    #[error("the log of rules cannot be read: {0}")]
    Record(#[from] RecordError),
}

/// Makes a document of rules and their files; what the log of rules tells is in it where there is a record.
///
/// # Errors
/// When the record cannot be read.
pub fn made(
    which: Made,
    rules: &RuleSet,
    files: &[RuleFile],
    record: Option<&Record>,
    form: Form,
) -> Result<String, NotMade> {
    Ok(match which {
        Made::Thresholds => publish::document(rules, form)?,
        Made::Guide => publish::guide(rules, form)?,
        Made::Atrs => publish::atrs(rules, files, record.map(was_in_force).transpose()?.as_deref(), form)?,
        Made::Dpia => publish::dpia(rules, &may_do(), &KEPT, form)?,
        Made::Equality => publish::equality(rules, form)?,
        Made::Training => publish::training(rules, files, form)?,
    })
}

/// What goes by itself, and after how many days.
const KEPT: [Kept; 4] = [
    Kept { what: "A draft of a referral, after it was last changed", days: DRAFT_KEPT_DAYS },
    Kept { what: "A file of notifications, after its receipt, once no row of it waits", days: BATCH_KEPT_DAYS },
    Kept { what: "A transfer that could not be taken, once somebody has dealt with it", days: kept::KEPT_DAYS },
    Kept { what: "What shows that a request was sent before: hashes alone", days: once::KEPT_DAYS },
];

/// The table of who may do what, in words.
fn may_do() -> Vec<MayDo> {
    let row = |(role, operation, relation): &(crate::decision::Role, crate::access::Operation, Relation)| MayDo {
        role: *role,
        does: operation.in_words(),
        only_own: *relation == Relation::Own,
    };
    TABLE.iter().map(row).collect()
}

/// Every rule set that was or will be in force, by the log of rules, and who agreed it.
fn was_in_force(record: &Record) -> Result<Vec<WasInForce>, RecordError> {
    let told = record.rules_told()?;
    let agreed = |one: &InForceFrom| {
        let change = told.change(one.change.as_deref()?).ok()?;
        let agrees = change.state.said.iter().filter(|(_, said)| **said == Said::Approves);
        Some(Agreed {
            partners: agrees.map(|(partner, _)| partner.clone()).collect(),
            title: change.title.clone(),
            clause: change.state.proposal.clause.clone(),
        })
    };
    let told_of = |one: InForceFrom| WasInForce {
        from: one.from,
        version: record.rule_set(&one.digest).ok().map(|rules| rules.id().version.clone()),
        agreed: agreed(&one),
        digest: one.digest,
    };
    Ok(record.in_force_over_time()?.into_iter().map(told_of).collect())
}
