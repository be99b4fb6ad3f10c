//! `mappings/*.yaml`: what the columns and words of a sender's export mean.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

use super::condition::Scalar;
use super::words::word;

/// The head of a mapping file.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "mappings/*.yaml of a windscreen rule set")]
pub struct MappingEntry {
    /// Its id, which is the file's name.
    #[validate(custom(function = "word"))]
    pub mapping: String,
    /// Its title, as the front door chooses it.
    #[validate(length(min = 1, max = 200))]
    pub title: String,
    /// The kind of agency that sends such files.
    pub agency: String,
    /// The census code of the source.
    pub source_code: String,
    /// Topics that every notification raises.
    #[serde(default)]
    pub concerns: Vec<String>,
    /// Every column of the file.
    #[serde(default)]
    #[validate(nested)]
    pub columns: Vec<ColumnEntry>,
}

/// One column, and what it is for: `is` or `fact`, never both.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ColumnEntry {
    /// Its heading in the file, or its key; capitals and spaces around it do not matter.
    #[validate(length(min = 1, max = 100))]
    pub column: String,
    /// What it holds, when that is no fact.
    #[serde(default)]
    pub is: Option<ColumnIs>,
    /// The fact that it answers.
    #[serde(default)]
    pub fact: Option<String>,
    /// How a date or a time is written, such as "%d/%m/%Y %H:%M".
    #[serde(default)]
    #[validate(length(min = 1, max = 60))]
    pub form: Option<String>,
    /// The heading under which it stands in the account.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    pub heading: Option<String>,
    /// Of a fact: what each word answers; one that is not listed refuses the row.
    #[serde(default)]
    pub words: IndexMap<String, Scalar>,
    /// Of a fact that is a number: whether the cell may be the number itself.
    #[serde(default)]
    pub whole_number: bool,
    /// Of a fact: what an empty cell answers; not asked when nothing is said.
    #[serde(default)]
    pub empty: Option<Scalar>,
    /// Of a concern: the topics that each word raises; one that is not listed refuses the row.
    #[serde(default)]
    pub raises: IndexMap<String, Vec<String>>,
    /// Of a column that is ignored: why.
    #[serde(default)]
    #[validate(length(min = 1, max = 300))]
    pub because: Option<String>,
    /// Whether a file may lack it.
    #[serde(default)]
    pub optional: bool,
}

/// What a column holds, when that is no fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnIs {
    /// The incident's number: rows of one incident and one household are one referral.
    Incident,
    /// Where the children live; several columns are joined in their order.
    Household,
    /// Who lives there.
    People,
    /// When it was received; the earliest of a referral's rows starts the clock.
    ReceivedAt,
    /// A child's name; several columns are joined in their order.
    ChildName,
    /// A child's date of birth.
    DateOfBirth,
    /// When a baby is due.
    DueDate,
    /// A child's NHS number.
    NhsNumber,
    /// What the sender calls the child.
    Reference,
    /// Who sends it.
    ReferrerName,
    /// Their role.
    ReferrerRole,
    /// How to reach them.
    ReferrerContact,
    /// A part of the account.
    Account,
    /// Words that raise topics.
    Concern,
    /// Nothing that matters here.
    Ignored,
}
