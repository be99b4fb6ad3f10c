//! What the checks say: proved, found, accepted, not decided, and what is only listed.

use serde::Serialize;

use super::super::certificate::Certified;
use super::super::instance::{End, Referral};
use crate::criteria::entries::Expectable;
use crate::criteria::{Places, RuleSet};
use crate::diagnostic::{Diagnostic, Place};
use crate::facts::Answer;
use crate::ladder::Rank;

/// The checks that loading makes.
const FROM_LOADING: [&str; 2] = ["unread", "statutory-part"];

/// Every check of a rule set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proofs {
    /// In the order of a board's concern.
    pub checks: Vec<Check>,
    /// How large the encoding is.
    pub literals: u32,
    /// How many conflicts the solver met.
    pub conflicts: u64,
    /// What was followed a second time, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certified: Option<Certified>,
}

/// One question, asked of everything that it can be asked of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A stable code in words.
    pub code: &'static str,
    /// What is proved where nothing is found.
    pub says: &'static str,
    /// How often it was proved.
    pub proved: usize,
    /// Where it is refuted.
    pub findings: Vec<Finding>,
    /// Where it is refuted, and the board has accepted that.
    pub accepted: Vec<Accepted>,
    /// Where the budget ran out.
    pub not_decided: Vec<String>,
    /// What a board should know, and is no fault.
    pub listed: Vec<String>,
}

/// Where a check is refuted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rules it is about.
    pub of: Vec<String>,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// Where the rule stands.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// The smallest referral for which it is so.
    pub referral: Option<Counterexample>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A finding that `guarantees.yaml` expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// What is found.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it stays.
    pub because: String,
}

/// A referral in the questions' own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counterexample {
    /// What is said, and nothing else.
    pub said: Vec<Said>,
    /// Its level by the evaluator.
    pub level: Rank,
    /// Whether that is the upper bound, with every other question answered at its least concern; scripts that fail do
    /// that.
    pub at_most: bool,
    /// Whether no referral says less.
    pub is_smallest: bool,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The fact.
    pub fact: String,
    /// Its answer.
    pub answer: Answer,
    /// The question.
    pub ask: String,
    /// The answer in words; of a number, every one that the rules take alike.
    pub words: String,
}

impl Counterexample {
    /// A referral in a rule set's words.
    pub fn of(rules: &RuleSet, referral: &Referral) -> Self {
        let in_words = |fact: &str, answer: &Answer| {
            let indicator = rules.fact(fact).map(|fact| &rules.indicators()[fact]);
            let class = indicator.and_then(|indicator| Some((indicator, indicator.class_of(answer).ok()?)));
            class.map_or_else(|| rules.in_words(fact, answer), |(indicator, class)| indicator.in_words(class, class))
        };
        let said = referral.said.iter().map(|(fact, answer)| Said {
            fact: fact.clone(),
            answer: answer.clone(),
            ask: rules.question(fact),
            words: in_words(fact, answer),
        });
        Self {
            said: said.collect(),
            level: referral.level(rules),
            at_most: referral.end == End::AtMost,
            is_smallest: referral.is_smallest,
        }
    }

    /// The referral as a short story.
    pub fn vignette(&self) -> String {
        let said = self.said.iter().map(|said| format!("{} {}", said.ask, said.words));
        let said = match said.collect::<Vec<_>>().join("; ") {
            nothing if nothing.is_empty() => "of whom nothing is said".to_owned(),
            said => format!("of whom this is said and nothing else: {said}"),
        };
        let bound = if self.at_most { "at most level" } else { "level" };
        let smallest = if self.is_smallest { "" } else { " (a smaller referral may do the same)" };
        format!("a child {said} -> {bound} {}{smallest}", self.level)
    }
}

impl Check {
    pub(super) fn new(code: &'static str, says: &'static str) -> Self {
        Self {
            code,
            says,
            proved: 0,
            findings: Vec::new(),
            accepted: Vec::new(),
            not_decided: Vec::new(),
            listed: Vec::new(),
        }
    }

    /// Whether it holds everywhere, but where the board has accepted that it does not.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.not_decided.is_empty()
    }
}

impl Finding {
    pub(super) fn new(of: impl Into<String>, message: impl Into<String>) -> Self {
        Self { of: vec![of.into()], message: message.into(), place: None, referral: None, help: None }
    }

    pub(super) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    pub(super) fn with(mut self, referral: Counterexample) -> Self {
        self.referral = Some(referral);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The finding as a problem of the file it stands in, the referral beside it.
    pub fn problem(&self, code: &'static str) -> Diagnostic {
        let problem = Diagnostic::error(code, self.message.clone()).at(self.place.clone());
        let told = self.referral.iter().map(Counterexample::vignette);
        let help: Vec<String> = told.chain(self.help.clone()).collect();
        if help.is_empty() { problem } else { problem.help(help.join("\n")) }
    }
}

impl Proofs {
    /// Whether everything is proved, or accepted.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(Check::is_clean)
    }

    /// Every finding as a problem, in the order of the checks; what loading told already is not told again.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let proved = self.checks.iter().filter(|check| !FROM_LOADING.contains(&check.code));
        let problems = proved.flat_map(|check| {
            let not_decided = check.not_decided.iter().map(|of| {
                let message = format!("not decided within the budget: {} (`{of}`)", check.says);
                Diagnostic::error(check.code, message)
            });
            check.findings.iter().map(|finding| finding.problem(check.code)).chain(not_decided)
        });
        problems.collect()
    }

    /// Takes out what `guarantees.yaml` expects, and tells what it expects in vain.
    pub(super) fn accept(&mut self, rules: &RuleSet, places: &Places<'_>) {
        let mut idle = Check::new("expected", "every accepted finding is still found");
        for (index, expected) in rules.guarantees().expected.iter().enumerate() {
            let mut of = expected.of.clone();
            of.sort();
            let is_meant = |finding: &Finding| {
                let mut found = finding.of.clone();
                found.sort();
                found == of
            };
            let check = self.checks.iter_mut().find(|check| check.code == expected.check.code());
            let found = check.and_then(|check| {
                let at = check.findings.iter().position(is_meant)?;
                let finding = check.findings.remove(at);
                check.accepted.push(Accepted { finding, because: expected.because.clone() });
                Some(())
            });
            if found.is_some() {
                idle.proved += 1;
            } else {
                let message = format!("`{}` is not found of {}", expected.check.code(), expected.of.join(", "));
                let finding = Finding { of: expected.of.clone(), ..Finding::new("", message) };
                let help = "take the entry out, or correct what it names";
                idle.findings.push(finding.at(places.expected(index)).help(help));
            }
        }
        if !rules.guarantees().expected.is_empty() {
            self.checks.push(idle);
        }
    }
}

impl Expectable {
    /// The code of the check that finds it.
    pub fn code(self) -> &'static str {
        match self {
            Self::RedundantPart => "redundant-part",
            Self::Duplicate => "duplicate",
            Self::Subsumed => "subsumed",
            Self::Shadowed => "shadowed",
            Self::SilentAnswer => "silent-answer",
            Self::SameAnswers => "same-answers",
            Self::Cliff => "cliff",
        }
    }
}
