//! Facts: what a referral says about a child, first as received, then dense.
//!
//! `Answers` are by id, exactly as sent, with not known and refused kept apart. `Facts` are dense and made only by the
//! rule set that reads them: every answer is a *class*, a place in that fact's order of concern, least first. Not
//! known is a value of its own and never the least answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bits::Bits;

/// Half as many again as the default set, which merges some forty published lists; a bound for fixed arrays.
pub const MAX_FACTS: usize = 256;
/// How many classes one fact may be cut into. A set of them has one bit more, which says not known.
pub const MAX_CLASSES: usize = 127;
/// More topics than a form can show.
pub const MAX_TOPICS: usize = 64;

/// A fact's place in the rule set: topic order, then file order.
pub type FactIndex = usize;
/// A set of facts.
pub type FactSet = Bits<{ MAX_FACTS / 64 }>;
/// A set of topics.
pub type TopicSet = Bits<1>;
/// An answer's place in its fact's order of concern, least first.
pub type Class = u8;
/// No class: the fact is not known.
pub const NOT_KNOWN: Class = u8::MAX;

/// One answer as received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Answer {
    /// To a yes/no question.
    YesNo(bool),
    /// To a number question.
    Number(i64),
    /// One of a choice, or `never`.
    Word(String),
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::YesNo(true) => f.write_str("yes"),
            Self::YesNo(false) => f.write_str("no"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(&word.replace('_', " ")),
        }
    }
}

/// What was said about one fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// One answer.
    Answer(Answer),
    /// Two accounts that disagree; both are kept and the more protective is used.
    TwoAccounts(Answer, Answer),
    /// Asked, and nobody knows.
    NotKnown,
    /// Asked, and nobody would say.
    Refused,
}

impl Said {
    /// The answers among it: none, one, or two that disagree.
    pub fn answers(&self) -> Vec<&Answer> {
        match self {
            Self::Answer(answer) => vec![answer],
            Self::TwoAccounts(answer, other) => vec![answer, other],
            Self::NotKnown | Self::Refused => Vec::new(),
        }
    }
}

/// How much the answer considers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Core facts, those of opened topics, and those given.
    #[default]
    Referral,
    /// Every fact, for analysts and proofs.
    All,
}

/// What was said about one child, as received, in the order received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The topics that the referrer raises.
    pub concerns: Vec<String>,
    /// How much the answer considers.
    pub scope: Scope,
    /// What was said, by fact.
    pub said: Vec<(String, Said)>,
}

/// Two accounts of one fact, or an answer to a question that another answer rules out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherAccount {
    /// The fact.
    pub fact: FactIndex,
    /// The account that was not used.
    pub class: Class,
    /// Its number, where the fact is one.
    pub number: Option<i64>,
}

/// What one rule set understood of `Answers`.
// INVARIANT: made by `RuleSet::read`, so every class is one of its fact's or not known, `given` says which are known, and
// `least` which of these are 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub(crate) class: Box<[Class]>,
    pub(crate) given: FactSet,
    /// Given, and at the least answer.
    pub(crate) least: FactSet,
    pub(crate) said_not_known: FactSet,
    pub(crate) said_refused: FactSet,
    pub(crate) raised: TopicSet,
    pub(crate) scope: Scope,
    pub(crate) numbers: Vec<(FactIndex, i64)>,
    pub(crate) other_accounts: Vec<OtherAccount>,
    /// Facts of another rule set that this one does not know; kept for replay.
    pub(crate) not_in_rule_set: Vec<String>,
}

impl Facts {
    /// Nothing said about anything.
    pub(crate) fn nothing_said(facts: usize) -> Self {
        Self {
            class: vec![NOT_KNOWN; facts].into(),
            given: FactSet::EMPTY,
            least: FactSet::EMPTY,
            said_not_known: FactSet::EMPTY,
            said_refused: FactSet::EMPTY,
            raised: TopicSet::EMPTY,
            scope: Scope::Referral,
            numbers: Vec::new(),
            other_accounts: Vec::new(),
            not_in_rule_set: Vec::new(),
        }
    }

    /// The answer's class, when it is known.
    pub fn known(&self, fact: FactIndex) -> Option<Class> {
        self.given.contains(fact).then(|| self.class[fact])
    }

    /// The facts about which anything was said, not known and refused included.
    pub fn spoken_of(&self) -> FactSet {
        self.given.or(&self.said_not_known).or(&self.said_refused)
    }

    /// The same facts, scope widened or narrowed.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    pub(crate) fn set(&mut self, fact: FactIndex, class: Class) {
        self.class[fact] = class;
        self.given.insert(fact);
        if class == 0 {
            self.least.insert(fact);
        } else {
            self.least.remove(fact);
        }
    }

    pub(crate) fn forget(&mut self, fact: FactIndex) {
        self.class[fact] = NOT_KNOWN;
        self.given.remove(fact);
        self.least.remove(fact);
    }
}
