//! Every code that a fault may have, in one list: a fault without a row here does not compile.
//!
//! The words are for programs and never change; what each means and what to do stands on its page (`api/explained`),
//! which the compiler asks for too. Later versions may add to them.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($variant:ident = $word:literal: $title:literal),* $(,)?) => {
        /// What kind of fault it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FaultCode { $(#[doc = $title] $variant),* }

        impl FaultCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its word, as answers write it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What it says, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
}

codes! {
    // What was sent, whatever it is about.
    NotJson = "not-json": "This is not JSON",
    DuplicateKey = "duplicate-key": "A key is given twice",
    TooLarge = "too-large": "It is larger than what is read",
    WrongType = "wrong-type": "Another kind of value is expected",
    MissingKey = "missing-key": "Something that is needed is missing",
    UnknownKey = "unknown-key": "There is no such key",
    MisplacedKey = "misplaced-key": "A key stands where it may not",
    MissingWords = "missing-words": "Words are missing",
    TooLong = "too-long": "A text is too long",
    TooMany = "too-many": "There are too many",
    OutOfRange = "out-of-range": "A value lies outside of its range",
    UnknownWord = "unknown-word": "A word is not one of those that are taken",
    MisplacedWord = "misplaced-word": "A word stands where it may not",
    RuleSetMoved = "rule-set-moved": "Another rule set is in force",
    // What the rules ask.
    UnknownFact = "unknown-fact": "There is no such fact",
    UnknownAnswer = "unknown-answer": "A fact has no such answer",
    UnknownTopic = "unknown-topic": "There is no such topic",
    AboutOneChild = "about-one-child": "A fact about one child was given for the household",
    ReceivedAtNeeded = "received-at-needed": "A date needs the time of receipt",
    BornAfterReceipt = "born-after-receipt": "A child is born after the time of receipt",
    DuplicateRef = "duplicate-ref": "Two children are called the same",
    // Who sends it, when, and about whom.
    UnknownAgency = "unknown-agency": "There is no such kind of agency",
    UnknownCode = "unknown-code": "A code is not in its list",
    NotAnonymous = "not-anonymous": "A professional may not stay anonymous",
    NotThatNumber = "not-that-number": "An identifying number cannot be right",
    InTheFuture = "in-the-future": "A time lies in the future",
    TooEarly = "too-early": "A time lies before what it follows",
    NotYours = "not-yours": "It belongs to another organisation, or to other people",
    NothingSaid = "nothing-said": "The piece of information says nothing",
    UnknownChild = "unknown-child": "The referral has no such child",
    UnknownReferral = "unknown-referral": "There is no such referral",
    // What people decide.
    NotThatView = "not-that-view": "The view does not fit the level",
    MayNotDecide = "may-not-decide": "This role may not decide that",
    SamePerson = "same-person": "This takes somebody else",
    NeedsAManager = "needs-a-manager": "This takes a manager",
    NothingToConfirm = "nothing-to-confirm": "The decision waits for no second person",
    NotTheSecondPerson = "not-the-second-person": "Another was named to confirm",
    NothingToAccept = "nothing-to-accept": "The decision waits for no acceptance",
    NotTheHolder = "not-the-holder": "This is for others to accept",
    // Referrals that belong together.
    SameReferral = "same-referral": "A referral is not joined to itself",
    Later = "later": "The other referral is the later one",
    JoinedBefore = "joined-before": "The child was joined before",
    JoinedAway = "joined-away": "The other child was joined to a third referral",
    DecidedBefore = "decided-before": "The child is decided about already",
    WouldLower = "would-lower": "Joining would lower a child's level",
    ConfirmedBefore = "confirmed-before": "It was confirmed before that this is the same child",
    NothingAsked = "nothing-asked": "The criteria ask nothing about earlier referrals",
    // Letters and disagreements.
    NotSettled = "not-settled": "The decision does not stand yet",
    UnsafeToTell = "unsafe-to-tell": "Telling the family was said to be unsafe",
    NamesSomebody = "names-somebody": "The letter names somebody else",
    UnknownCriterion = "unknown-criterion": "There is no such indicator, criterion or threshold",
    DisagreedBefore = "disagreed-before": "They disagree already, and wait for an answer",
    NoSuchStage = "no-such-stage": "The rules name no such stage",
    NothingToAnswer = "nothing-to-answer": "The stage was answered before",
    NotAnsweredYet = "not-answered-yet": "The stage has yet to be answered",
    LastStage = "last-stage": "There is no further stage",
    // Rule changes.
    NotARulesFolder = "not-a-rules-folder": "The file is no rules folder",
    NotWorkedOut = "not-worked-out": "It is not worked out yet what the rules do",
    RulesHaveErrors = "rules-have-errors": "The rules have errors",
    ExamplesFail = "examples-fail": "Worked examples fail and are not named",
    NotADelegate = "not-a-delegate": "Another person is the delegate of this partner",
    OtherRulesInForce = "other-rules-in-force": "The rules were compared with others than those in force",
    StepNotTaken = "step-not-taken": "This step of a rule change may not be taken",
    // Files of notifications as a whole, and what is done with their rows.
    UnknownMapping = "unknown-mapping": "There is no such mapping",
    NotUtf8 = "not-utf8": "The file is not UTF-8",
    NoRows = "no-rows": "The file has no row",
    UnknownColumns = "unknown-columns": "No column of the file is one of the mapping's",
    UnknownColumn = "unknown-column": "A column is not in the mapping",
    MissingColumn = "missing-column": "A column that the mapping reads is missing",
    DuplicateColumn = "duplicate-column": "Two columns have the same heading",
    UnclosedQuote = "unclosed-quote": "A quotation mark is never closed",
    DealtWithBefore = "dealt-with-before": "Somebody has dealt with this row",
    FileErased = "file-erased": "The file is kept no longer",
    // One row of a file.
    NoIncident = "no-incident": "The row names no incident",
    NoChild = "no-child": "The row names no child",
    NotADate = "not-a-date": "This is not a date as the mapping writes it",
    NotATime = "not-a-time": "This is not a time as the mapping writes it",
    StrayQuote = "stray-quote": "Where a cell in quotation marks ends cannot be told",
    Cells = "cells": "The row has more or fewer cells than the file has columns",
    EmptyRow = "empty-row": "Every cell of the row is empty",
    // Transfers between authorities.
    TooManyWaiting = "too-many-waiting": "Too many transfers wait for a person",
    Reopened = "reopened": "The decision is open again",
    NoTransfer = "no-transfer": "The decision sends the child to no other authority",
    // A table that is evaluated at the terminal.
    NoHeadings = "no-headings": "A table begins with its headings",
    Headings = "headings": "The headings of a table cannot be read",
    NoHeading = "no-heading": "A cell has no heading above it",
    ReservedName = "reserved-name": "A fact is called as a column of the answers",
    NotCommas = "not-commas": "The cells are not separated by commas",
    NotCsv = "not-csv": "The file is a workbook",
    NotXlsx = "not-xlsx": "The file is no workbook that can be read",
    NoSheet = "no-sheet": "The workbook has no such sheet",
    WhichSheet = "which-sheet": "The workbook has several sheets",
    UnknownError = "unknown-error": "A cell holds an error that is not known",
    NotAFile = "not-a-file": "A workbook is read and written as a file alone",
    RefusedBefore = "refused-before": "The row was refused before",
    // What only those who run the service meet.
    Held = "held": "A legal hold lies on the referral",
    Pending = "pending": "The referral is not at its end",
    NotAName = "not-a-name": "A client cannot be called so",
    NotASystems = "not-a-systems": "This is not a system's role",
    NotOrganisations = "not-organisations": "These are not organisations' codes",
}

impl FaultCode {
    /// The code of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.word() == word)
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Serialize for FaultCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_word_of_its_own_that_an_address_can_hold() {
        for code in FaultCode::ALL {
            assert_eq!(FaultCode::of(code.word()), Some(*code), "{code} is the word of two codes");
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(code.word().bytes().all(is_plain), "{code}");
        }
    }
}
