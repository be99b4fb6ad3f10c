//! A referral that is typed while somebody telephones: who types, since when, whether it is paused, and what was read
//! back to the caller.
//!
//! What is changed after it was read back was not read back: it is asked for again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Draft;
use super::fields::{Asks, Choice, Field, With};
use super::journey::Step;

/// What the caller disagrees with; with the rest of an account, no more than the record keeps.
const MAX_DISAGREED: usize = 800;

/// The key of what came of reading it back.
const READ_BACK: &str = "read_back";
/// The key of what the caller disagreed with.
const DISAGREED: &str = "read_back.words";
const CORRECTED: &str = "corrected";

/// That a draft is a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// When it began; the clock runs from here.
    pub began_at: Timestamp,
    /// The organisation of whoever took it: whose it is, where the caller acts for none.
    pub organisation: String,
    /// That it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
}

/// That a call is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paused {
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

impl Draft {
    /// A draft of a call that begins now. It has a child: the first questions are whether a child is in danger.
    pub fn of_a_call(organisation: &str, now: Timestamp) -> Self {
        let call = Call { began_at: now, organisation: organisation.to_owned(), paused: None };
        let mut draft = Self { call: Some(call), ..Self::default() };
        draft.add_child(false);
        draft
    }

    /// Pauses a call, or goes on with it.
    pub fn pause(&mut self, paused: Option<Paused>) {
        if let Some(call) = &mut self.call {
            call.paused = paused;
        }
    }

    /// What the request says of the call.
    pub(super) fn call_request(&self) -> Option<Value> {
        let call = self.call.as_ref()?;
        let mut request = json!({ "began_at": call.began_at.to_string() });
        if let Some(saved) = self.saved(&Step::ReadBack) {
            request["read_back"] = self.one(READ_BACK).into();
            request["read_back_at"] = saved.at.to_string().into();
        }
        Some(request)
    }

    /// What the caller disagreed with when it was read back; what was said of it while another answer was chosen is
    /// said all the same.
    pub(super) fn disagreed(&self) -> Option<&str> {
        Some(self.one(DISAGREED)).filter(|words| !words.is_empty())
    }

    /// Something changed: what was read back is no longer what stands here.
    pub(super) fn read_back_again(&mut self) {
        self.entered.remove(READ_BACK);
        self.saved.remove(&Step::ReadBack.id());
    }
}

pub(super) fn is_of_read_back(key: &str) -> bool {
    [READ_BACK, DISAGREED].contains(&key)
}

/// What is asked once it was read back.
pub(super) fn read_back() -> Vec<Field> {
    let choices = [
        ("confirmed", "Read back, and the caller says that it is right"),
        ("not_possible", "The caller rang off before it could be read back"),
        (CORRECTED, "Read back, and the caller disagrees with some of it"),
    ];
    let choices = choices.map(|(word, says)| Choice::new(word, says));
    vec![
        Field::new(READ_BACK, "What did the caller say to it?", Asks::One(choices.into()))
            .needed("Choose what the caller said when you read it back, or that they rang off before"),
        Field::new(DISAGREED, "What does the caller disagree with?", Asks::Text(MAX_DISAGREED))
            .hint(
                "In their words; it is kept with the account. If you typed something wrongly, put it right first, \
                   and read it back again",
            )
            .with(With::Needed {
                by: READ_BACK.to_owned(),
                value: CORRECTED.to_owned(),
                says: "Write down what the caller disagrees with".to_owned(),
            }),
    ]
}
