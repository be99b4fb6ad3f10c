//! What is told of vignettes: the pairs, the referrals that they name, and what there is no pair of.

use serde::Serialize;

use crate::criteria::RuleSetId;
use crate::diagnostic::Place;
use crate::facts::Answer;
use crate::ladder::Rank;

/// Referrals on either side of each line of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vignettes {
    /// Of which rule set.
    pub rule_set: RuleSetId,
    /// Line by line, the lowest first; at a line in the order of the rules.
    pub pairs: Vec<Boundary>,
    /// What the pairs name, each once, in their order.
    pub vignettes: Vec<Vignette>,
    /// Rules that carry no referral over any line.
    pub idle: Vec<IdleRule>,
    /// Lines that no two referrals lie on both sides of, one answer apart.
    pub without_a_pair: Vec<Line>,
    /// Where the budget ran out.
    pub not_decided: Vec<Undecided>,
}

/// The line between a level and the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// The level below it.
    pub below: Rank,
    /// The level above it.
    pub above: Rank,
}

/// A rule that gives something to the level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name: an answer's with its fact.
    pub name: String,
    /// The id by which it is found.
    pub id: String,
    /// The answer that it is, if it is one; of a range, the lowest number.
    pub answer: Option<Answer>,
    /// What it gives, in words.
    pub gives: String,
    /// Its topic; thresholds have none.
    pub topic: Option<String>,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// Two referrals that differ in one answer, on either side of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Boundary {
    /// The line.
    pub line: Line,
    /// The rule that is found above it and not below; none where only several together carry a referral over it.
    pub rule: Option<Rule>,
    /// The fact in which they differ.
    pub fact: String,
    /// Its answer above the line.
    pub answer_above: Answer,
    /// Its answer below the line.
    pub answer_below: Answer,
    /// Whether it was proved that no such two say less.
    pub is_smallest: bool,
    /// The vignette above the line, by its id.
    pub above: String,
    /// The vignette below the line.
    pub below: String,
    /// The one with that answer not known.
    pub open: String,
}

/// A referral to be answered by people, and what the rules indicate for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vignette {
    /// Its id.
    pub id: String,
    /// The referral in the questions' own words.
    pub story: String,
    /// What is said.
    pub said: Vec<(String, Answer)>,
    /// What was asked, and nobody knows.
    pub not_known: Option<String>,
    /// The level that it is at least.
    pub at_least: Rank,
    /// Whether it is settled at that.
    pub settled: bool,
    /// The rules found that it stands for.
    pub found: Vec<String>,
    /// The rules not found that it stands for.
    pub not_found: Vec<String>,
    /// Whether what is not known is asked next.
    pub asks: bool,
    /// Whether what is not known is presumed until it is.
    pub presumed: bool,
}

/// A rule that carries no referral over any line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdleRule {
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// Why not.
    pub because: &'static str,
}

/// Where the budget ran out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// The rule; none where any rule would do.
    pub rule: Option<Rule>,
    /// The line; none where it is not known whether the rule carries over any.
    pub line: Option<Line>,
}

impl Vignettes {
    /// The same of one line, of one topic, or of both; what is then named by no pair is left out.
    #[must_use]
    pub fn only(mut self, below: Option<Rank>, topic: Option<&str>) -> Self {
        let is_line = |line: Line| below.is_none_or(|below| line.below == below);
        let is_topic = |rule: Option<&Rule>| topic.is_none() || rule.and_then(|rule| rule.topic.as_deref()) == topic;
        self.pairs.retain(|pair| is_line(pair.line) && is_topic(pair.rule.as_ref()));
        self.idle.retain(|idle| is_topic(Some(&idle.rule)));
        self.without_a_pair.retain(|line| is_line(*line) && topic.is_none());
        self.not_decided.retain(|open| open.line.is_none_or(is_line) && is_topic(open.rule.as_ref()));
        let named = self.pairs.iter().flat_map(|pair| [&pair.above, &pair.below, &pair.open]);
        let named: Vec<&String> = named.collect();
        self.vignettes.retain(|vignette| named.contains(&&vignette.id));
        self
    }

    /// A vignette, by its id.
    pub fn find(&self, id: &str) -> Option<&Vignette> {
        self.vignettes.iter().find(|vignette| vignette.id == id)
    }
}

impl Line {
    /// The line that is crossed by reaching a rank.
    pub(super) fn to(rank: Rank) -> Self {
        Self { below: rank - 1, above: rank }
    }
}
