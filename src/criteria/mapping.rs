//! A mapping: what the columns and words of one sender's export mean, already checked against the rule set.
//!
//! It decides what a sender's words answer, so it moves levels: it belongs to the digest like every other rule.

use std::collections::BTreeMap;

use crate::facts::Said;

/// What the columns of one sender's export mean.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The kind of agency that sends such files.
    pub agency: String,
    /// The census code of the source.
    pub source_code: String,
    /// Topics that every notification raises.
    pub concerns: Vec<String>,
    /// The columns, in file order.
    pub columns: Vec<Column>,
}

impl Mapping {
    /// The most columns of a mapping, and so of a file: each costs something in every row.
    pub const MAX_COLUMNS: usize = 200;
    /// The longest name of a column, in letters, as an entry bounds it.
    pub const MAX_NAME: usize = 100;
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name, as the mapping writes it.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether a file may lack it.
    pub optional: bool,
}

/// What a column is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// The incident's number.
    Incident,
    /// Where the children live.
    Household,
    /// Who lives there; several columns are joined in their order.
    People,
    /// When it was received, in this form.
    ReceivedAt(String),
    /// A child's name.
    ChildName,
    /// A child's date of birth, in this form.
    DateOfBirth(String),
    /// When a baby is due, in this form.
    DueDate(String),
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
    /// A part of the account, under this heading.
    Account(String),
    /// Words that raise topics, folded.
    Concern(BTreeMap<String, Vec<String>>),
    /// Answers to a fact.
    Fact {
        /// The fact.
        fact: String,
        /// Whether it is about one child.
        about_child: bool,
        /// What each word answers, folded.
        words: BTreeMap<String, Said>,
        /// Whether the cell may be a whole number itself.
        whole_number: bool,
        /// What an empty cell answers; nothing when it is not asked.
        empty: Option<Said>,
    },
    /// Nothing that matters here.
    Ignored,
}

/// A name or a word as it is compared: capitals and spaces do not matter.
pub fn folded(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
