//! What every code and every type of problem means, what to do about it, and whether sending it again can help: one
//! table, which the pages under `/docs/problems` show.
//!
//! Every code has its row, or this does not compile. Nothing here is about anybody: the examples are invented, and a
//! test holds those of evaluations and referrals against the rules.

mod files;
mod kinds;
mod people;
mod reading;
mod referral;
mod rule_changes;
mod running;
mod tables;

use super::problem::ProblemType;
use crate::json::FaultCode;

/// What a code or a type means, and what to do.
#[derive(Debug, Clone, Copy)]
pub struct Explained {
    /// What it means, for whoever writes the sender's program. Words in backticks are as a request writes them.
    pub means: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Whether sending it again can help.
    pub again: Again,
    /// For whoever meets it at a page of this service, or at the terminal: what they see, and do.
    pub for_people: Option<&'static str>,
    /// A part of a request, wrong and right.
    pub example: Option<Example>,
}

/// Whether sending it again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// When it was changed.
    Changed,
    /// When somebody has dealt with what stands in its way.
    DealtWith,
    /// Never: it is done, or cannot be done any more.
    Done,
    /// The row of a file, when the hub has sent it back.
    SentBack,
    /// After as many seconds as `Retry-After` says.
    Soon,
    /// As it is, with the same key.
    SameKey,
    /// When the referral was read again.
    ReadAgain,
    /// With another key or a new token.
    OtherKey,
}

impl Again {
    /// In sentences.
    pub fn says(self) -> &'static str {
        match self {
            Self::Changed => {
                "No: sent as it is, it is refused again. Change it first. A request that was refused has not used up \
                 its `Idempotency-Key`. Where it is said of one row of a file that was taken, the row waits for a \
                 person at the hub, and the file is not sent again."
            }
            Self::DealtWith => "Not before somebody has dealt with what stands in its way.",
            Self::Done => "No: it is done already, or cannot be done.",
            Self::SentBack => {
                "Not by itself: the row waits for a person at the hub, who enters it by hand or sends it back to you. \
                 When it was sent back, send it alone, in a file of its own. The whole file with one row changed is \
                 another file, and every incident in it would be recorded again."
            }
            Self::Soon => {
                "Yes, as it is, after as many seconds as `Retry-After` says; what is recorded, with the same \
                 `Idempotency-Key`, so that it is recorded once."
            }
            Self::SameKey => {
                "Yes, as it is; what is recorded, with the same `Idempotency-Key`: if it was recorded the first time, \
                 you are answered what you would have been answered then, and it is recorded once."
            }
            Self::ReadAgain => "Yes, after reading again what has changed, and looking whether it still holds.",
            Self::OtherKey => "With another API key or a new token.",
        }
    }
}

/// A part of a request, wrong and right; invented.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Of which request.
    pub of: Of,
    /// With the fault.
    pub wrong: &'static str,
    /// Without it.
    pub right: &'static str,
}

/// Of which request an example is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A whole one of `POST /v1/evaluations`.
    Evaluation,
    /// A part of one of `POST /v1/referrals`, beside who sends it and the children.
    Referral,
    /// A part of one of `POST /v1/referrals/{id}/information`, beside what was said.
    Information,
    /// A part of one of `POST /v1/referrals/{id}/decisions`.
    Decision,
    /// A part of one of `POST /v1/referrals/{id}/letters`.
    Letter,
    /// A part of a file of notifications with commas.
    File,
}

impl Of {
    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Evaluation => "The body of an evaluation",
            Self::Referral => "A part of a referral that is recorded",
            Self::Information => "A part of information that is added",
            Self::Decision => "A part of a decision",
            Self::Letter => "A part of a letter",
            Self::File => "A part of a file of notifications",
        }
    }
}

const fn explained(means: &'static str, remedy: &'static str, again: Again) -> Explained {
    Explained { means, remedy, again, for_people: None, example: None }
}

impl Explained {
    const fn for_people(self, says: &'static str) -> Self {
        Self { for_people: Some(says), ..self }
    }

    const fn example(self, of: Of, wrong: &'static str, right: &'static str) -> Self {
        Self { example: Some(Example { of, wrong, right }), ..self }
    }
}

type Row = (FaultCode, Explained);

/// Codes that are met together, in the order in which the index lists them.
#[derive(Debug)]
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    rows: &'static [Row],
}

/// Every code, in groups.
const GROUPS: &[Group] = &[
    Group { title: "What is sent, whatever it is about", rows: reading::ROWS },
    Group { title: "What the rules ask", rows: referral::FACTS },
    Group { title: "Who sends it, when, and about whom", rows: referral::SENDER },
    Group { title: "What people decide", rows: people::DECISIONS },
    Group { title: "Referrals that belong together", rows: people::JOINING },
    Group { title: "Letters and disagreements", rows: people::TELLING },
    Group { title: "Files of notifications", rows: files::FILES },
    Group { title: "One row of a file", rows: files::ROWS },
    Group { title: "Tables at the terminal", rows: tables::TABLES },
    Group { title: "Transfers between authorities", rows: running::TRANSFERS },
    Group { title: "Rule changes", rows: rule_changes::RULE_CHANGES },
    Group { title: "Running the service", rows: running::OPERATING },
];

// Every code stands in one group, once.
const _: () = {
    let mut seen = [0; FaultCode::ALL.len()];
    let mut group = 0;
    while group < GROUPS.len() {
        let mut row = 0;
        while row < GROUPS[group].rows.len() {
            seen[GROUPS[group].rows[row].0 as usize] += 1;
            row += 1;
        }
        group += 1;
    }
    let mut code = 0;
    while code < seen.len() {
        assert!(seen[code] == 1, "a fault code has no row below `api/explained`, or two");
        code += 1;
    }
};

/// What a page is about.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its word, the end of its address.
    pub word: &'static str,
    /// A few words.
    pub title: &'static str,
    /// The type of a whole answer that has this word.
    pub kind: Option<ProblemType>,
    /// The code of a fault that has this word.
    pub code: Option<FaultCode>,
    /// What it means, and what to do.
    pub explained: Explained,
}

impl Page {
    fn of_type(kind: ProblemType) -> Self {
        let (word, code) = (kind.word(), FaultCode::of(kind.word()));
        Self { word, title: kind.title(), kind: Some(kind), code, explained: kinds::explained_type(kind) }
    }

    fn of_code((code, explained): &Row) -> Self {
        Self { word: code.word(), title: code.title(), kind: None, code: Some(*code), explained: *explained }
    }

    /// The page of a word: of a type, of a code, or of both where they mean the same.
    pub fn find(word: &str) -> Option<Self> {
        let kind = ProblemType::ALL.iter().copied().find(|kind| kind.word() == word);
        let code = || GROUPS.iter().flat_map(|group| group.rows).find(|(code, _)| code.word() == word);
        kind.map(Self::of_type).or_else(|| code().map(Self::of_code))
    }

    /// Every page, in the groups of the index. A word that is both stands among the types and among the codes.
    pub fn groups() -> Vec<(&'static str, Vec<Self>)> {
        let kinds = ProblemType::ALL.iter().copied().map(Self::of_type).collect();
        let codes = GROUPS.iter().map(|group| (group.title, group.rows.iter().map(Self::of_code).collect()));
        [("What the type of a whole answer says", kinds)].into_iter().chain(codes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_a_type_and_a_code_is_explained_once() {
        for kind in ProblemType::ALL {
            let Some(code) = FaultCode::of(kind.word()) else { continue };
            let row = GROUPS.iter().flat_map(|group| group.rows).find(|(other, _)| *other == code).unwrap();
            let page = Page::find(kind.word()).unwrap();
            assert_eq!((page.code, page.explained.means), (Some(code), row.1.means), "{code}");
        }
    }

    #[test]
    fn what_is_answered_with_a_time_to_come_again_says_so() {
        for kind in ProblemType::ALL {
            let soon = kinds::explained_type(*kind).again == Again::Soon;
            assert_eq!(soon, kind.retry_after().is_some(), "{}", kind.word());
        }
    }

    #[test]
    fn a_text_is_whole() {
        for (_, pages) in Page::groups() {
            for page in pages {
                let Explained { means, remedy, for_people, .. } = page.explained;
                for text in [means, remedy].into_iter().chain(for_people) {
                    let is_whole = text.starts_with(|c: char| c.is_uppercase() || c == '`') && text.ends_with('.');
                    assert!(is_whole && text.matches('`').count() % 2 == 0, "{}: {text}", page.word);
                }
            }
        }
    }
}
