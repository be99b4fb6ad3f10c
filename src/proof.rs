//! Proof: what holds for every possible referral, and the smallest referral for which it does not.
//!
//! A referral here is one saying a fact: nothing, or an answer. The level that is proved about is the lower bound of
//! that, which looks at nothing else: not at concerns, scope or who asked. So a proof is about every referral, the
//! provisional ones too. An upper bound is the lower bound of the same referral with each open question answered at its
//! greatest, since what was not stated lowers nothing, and no answer of greatest concern does; only where a script
//! fails do the two differ, and there the upper bound of complete referrals is proved about beside the lower.
//!
//! Three verdicts: proved, refuted by a referral, not decided. Every referral is run by the evaluator before anybody
//! sees it. The encoding shares nothing with the evaluator, so a disagreement shows a mistake, and is told as one.

mod certificate;
mod circuit;
mod question;

mod rule;

mod encode;
mod instance;

mod checks;

mod alike;

mod pair;

mod census;
mod movements;

mod edits;

mod difference;

mod apart;

mod vignettes;

pub use alike::alike;
pub use census::{Census, Tally};
pub use certificate::Certified;
pub use checks::{Accepted, Check, Counterexample, Diligence, Finding, Proofs, prove};
pub use circuit::Literal;
pub use difference::*;
pub use edits::{Change, Decides, Direction, Edit, InWords, Of};
pub use encode::Encoded;
pub use instance::{CONFLICTS, Disagreement, End, Instance, Referral, Verdict};
pub use movements::{ComparedBy, WayMoved};
pub use pair::{Pair, SharedAnswer, SharedFact, Told};
pub use question::{Question, Saying};
pub use rule::Source;
pub use vignettes::{Boundary, IdleRule, Line, Rule, Undecided, Vignette, Vignettes, vignettes, vignettes_within};
