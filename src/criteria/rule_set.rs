//! The rule set: a partnership's threshold document as plain data, already checked.
//!
//! Everything in it is dense: facts, criteria and needs are numbers, an answer is a class, a test is a set of classes,
//! a script is a table. Nothing here runs anything.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::condition::{Condition, Need, Table};
use super::entries::{
    About, Agency, Below, ChildFacts, CodeListEntry, ExpectedEntry, InForce, Retired, StageEntry, Status, Timescale,
    Unit, Urgency, WhoAgrees,
};
use super::index::Index;
use super::mapping::Mapping;
use crate::bits::Bits;
use crate::calendar::{Calendar, Clock};
use crate::facts::{Class, FactIndex, FactSet, MAX_FACTS, TopicSet};
use crate::ladder::{Ladder, Rank, Within};

/// Five times the default set; a bound for fixed arrays.
pub const MAX_CRITERIA: usize = 128;
/// Needs belong to a fact or to a criterion.
pub const MAX_NEEDS: usize = MAX_FACTS + MAX_CRITERIA;
/// More thresholds than anyone could explain.
pub const MAX_THRESHOLDS: usize = 64;

/// A criterion's place in the order of evaluation.
pub type CriterionIndex = usize;
/// A set of criteria.
pub type CriterionSet = Bits<{ MAX_CRITERIA / 64 }>;
/// A need's owner: a fact's index, or `MAX_FACTS` plus a criterion's.
pub type NeedIndex = usize;
/// A set of needs.
pub type NeedSet = Bits<{ MAX_NEEDS / 64 }>;
/// A set of thresholds.
pub type ThresholdSet = Bits<1>;
/// A set of one fact's classes.
pub type ClassSet = u128;

/// What identifies a rule set; it stands on every answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RuleSetId {
    /// Whose framework.
    #[schema(example = "example-partnership")]
    pub framework: String,
    /// Its version.
    #[schema(example = "2026.1")]
    pub version: String,
    /// SHA-256 over the files that decide anything.
    #[schema(example = "sha256:6c0f…")]
    pub digest: String,
    /// Whether anybody agreed it.
    pub status: Status,
}

/// A partnership's rules, checked and ready to evaluate.
// INVARIANT: only `load` makes one, and only when no error was found.
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) id: RuleSetId,
    pub(crate) framework: Framework,
    pub(crate) letters: Letters,
    pub(crate) ladder: Ladder,
    pub(crate) topics: Vec<Topic>,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) modifiers: Modifiers,
    /// Counted hardship helps to reach only levels below this.
    pub(crate) hardship_never_reaches: Rank,
    pub(crate) hardship_because: Because,
    pub(crate) protection: Vec<Protection>,
    pub(crate) across_children: Vec<AcrossChildren>,
    pub(crate) actions: Vec<Action>,
    pub(crate) considerations: Vec<Consideration>,
    pub(crate) tables: Vec<Table>,
    /// Asked once for every answer. Nobody but the rules chooses what is in it, so its hash need not be a secret one.
    pub(crate) by_id: IndexMap<String, FactIndex, FixedState>,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) guarantees: Guarantees,
    pub(crate) index: Index,
}

/// What the framework file says besides the ladder.
#[derive(Debug)]
pub struct Framework {
    /// Its title.
    pub title: String,
    /// What it is and is not.
    pub about: String,
    /// When it is in force.
    pub in_force: InForce,
    /// The least urgency while a protection level is possible.
    pub while_unsettled: Urgency,
    /// What is said below a rank.
    pub below: Option<Below>,
    /// What is always said.
    pub always_say: Vec<String>,
    /// Working days and hours.
    pub calendar: Calendar,
    /// The action that stands for whoever answers out of hours.
    pub out_of_hours: usize,
    /// Facts filled from dates.
    pub child: ChildFacts,
    /// Agencies.
    pub agencies: Vec<Agency>,
    /// Sources in full.
    pub sources: IndexMap<String, String>,
    /// Time limits for display.
    pub timescales: Vec<Timescale>,
    /// Code lists.
    pub code_lists: Vec<CodeListEntry>,
    /// The statutory safeguarding partners.
    pub statutory_partners: Vec<String>,
    /// Who else agrees rule changes.
    pub rule_changes: WhoAgrees,
    /// What must never be a fact.
    pub never_facts: Vec<String>,
}

impl Framework {
    /// Whether whoever is of a kind of agency is a member of the public, who may stay anonymous.
    pub fn is_public(&self, agency: &str) -> bool {
        self.agencies.iter().any(|one| one.id == agency && one.public)
    }
}

/// What families are told, and how somebody who disagrees is answered.
#[derive(Debug, Default)]
pub struct Letters {
    /// Each level in words for a family, by rank from 1; empty where the rules have none.
    pub levels: Vec<String>,
    /// What a family may be told that help is needed with.
    pub needs: BTreeMap<FactIndex, String>,
    /// The stages of a disagreement, the nearest first.
    pub disagreement: Vec<StageEntry>,
}

/// A topic: one file of questions.
#[derive(Debug)]
pub struct Topic {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether its questions are asked one a page.
    pub sensitive: bool,
}

/// The side of the assessment triangle that counting groups by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// The child's development.
    Child,
    /// Parenting.
    Parenting,
    /// Family and environment.
    Environment,
    /// Harm.
    Harm,
}

impl Domain {
    pub(crate) const COUNT: usize = 4;
    pub(crate) const ALL: [Self; Self::COUNT] = [Self::Child, Self::Parenting, Self::Environment, Self::Harm];

    /// As one says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Child => "the child's development",
            Self::Parenting => "parenting",
            Self::Environment => "family and environment",
            Self::Harm => "harm",
        }
    }
}

/// A question and what its answers give.
#[derive(Debug)]
pub struct Indicator {
    /// The fact's id.
    pub id: String,
    /// The question.
    pub ask: String,
    /// The question as one says it on the telephone, where that differs.
    pub say: Option<String>,
    /// What a person who asks should know.
    pub hint: Option<String>,
    /// Child, household or referral.
    pub about: About,
    /// Its topic's place.
    pub topic: usize,
    /// The domain of its needs.
    pub domain: Option<Domain>,
    /// Yes/no, choice or number.
    pub kind: Kind,
    /// Agencies that would know.
    pub would_know: Vec<String>,
    /// When it is asked at all.
    pub asked_when: Option<Condition>,
    /// Where it comes from.
    pub source: Vec<String>,
    /// When it was retired.
    pub retired: Option<Retired>,
    /// Context only.
    pub context: bool,
    /// The answers in order of concern, least first (for an unordered choice: as listed).
    pub classes: Vec<AnswerClass>,
    /// The owner of its need.
    pub need: NeedIndex,
}

/// What kind of answer a question takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no, and which of them is the side of concern.
    YesNo {
        /// The answer of concern.
        concern: bool,
    },
    /// One of a list.
    Choice,
    /// A whole number.
    Number {
        /// What is counted.
        unit: Unit,
        /// Lowest allowed.
        from: i64,
        /// Highest allowed.
        to: i64,
        /// Whether less is worse.
        lower_is_worse: bool,
        /// Whether `never` is an answer.
        never: bool,
        /// The lowest number of every class but the first, ascending.
        cuts: Vec<i64>,
    },
}

impl Kind {
    /// Numbers that follow on each other, in words; nothing of what is no number.
    pub(crate) fn numbers_in_words(&self, low: i64, high: i64) -> Option<String> {
        let Self::Number { unit, from, to, .. } = self else { return None };
        let words = match unit.words() {
            _ if low == high => format!("{low} {}", unit.after(low)),
            _ if (low, high) == (*from, *to) => "any number".to_owned(),
            word if low == *from => format!("under {} {word}", high + 1),
            "" if high == *to => format!("{low} or more"),
            _ if high == *to => format!("{low} {} or more", unit.after(low)),
            word => format!("{low} to {high} {word}"),
        };
        Some(words.trim_end().to_owned())
    }
}

/// One answer, or one range of a number, and what it gives.
#[derive(Debug)]
pub struct AnswerClass {
    /// How it is sent: `true`, an answer's word, or the lowest number of the range.
    pub answer: crate::facts::Answer,
    /// How a form words it.
    pub label: String,
    /// What it gives.
    pub gives: Gives,
    /// Topics opened by this answer or a lesser one.
    pub opens: TopicSet,
    /// When the answer was retired.
    pub retired: Option<Retired>,
}

/// What an answer or a criterion gives.
#[derive(Debug, Default)]
pub struct Gives {
    /// Floor, duty or count.
    pub contribution: Contribution,
    /// Whether it is a modifier.
    pub raises: bool,
    /// Considerations.
    pub considerations: Vec<usize>,
    /// Actions.
    pub actions: Vec<usize>,
    /// How soon.
    pub within: Option<Within>,
    /// When the floor softens, to what, and which presumed or stated facts that rests on.
    pub softens: Option<Softens>,
    /// The sentence for the reasons.
    pub says: Option<String>,
}

impl Gives {
    /// Whether it gives nothing at all.
    pub fn is_nothing(&self) -> bool {
        self.contribution == Contribution::Nothing
            && !self.raises
            && self.considerations.is_empty()
            && self.actions.is_empty()
            && self.within.is_none()
    }
}

/// The kinds of contribution to a level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Contribution {
    /// None.
    #[default]
    Nothing,
    /// One need that counts towards a level.
    Counts {
        /// The level.
        rank: Rank,
        /// Material hardship.
        hardship: bool,
    },
    /// A floor owed by law.
    Duty(Rank),
    /// The level is never below this.
    Floor(Rank),
}

impl Contribution {
    /// The level it is about; 0 for nothing.
    pub fn rank(self) -> Rank {
        match self {
            Self::Nothing => 0,
            Self::Counts { rank, .. } | Self::Duty(rank) | Self::Floor(rank) => rank,
        }
    }
}

/// A floor that softens on what was stated.
#[derive(Debug)]
pub struct Softens {
    /// When.
    pub unless: Condition,
    /// To what.
    pub then: Rank,
    /// The facts on which that rests.
    pub rests_on: FactSet,
}

/// What one answer alone cannot say.
#[derive(Debug)]
pub struct Criterion {
    /// Its id.
    pub id: String,
    /// The sentence for the reasons.
    pub says: Option<String>,
    /// When it holds.
    pub when: Condition,
    /// What it gives.
    pub gives: Gives,
    /// Its topic's place.
    pub topic: usize,
    /// The domain of its need.
    pub domain: Option<Domain>,
    /// The owner of its need.
    pub need: NeedIndex,
    /// The facts it reads, through other criteria too.
    pub reads: FactSet,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// What must be met for counted needs to reach a level.
#[derive(Debug)]
pub struct Threshold {
    /// Its id.
    pub id: String,
    /// The sentence for the reasons.
    pub says: String,
    /// The level reached.
    pub reaches: Rank,
    /// All must hold.
    pub needs: Vec<Needs>,
    /// When it does not hold.
    pub unless: Option<Condition>,
    /// Considerations when reached.
    pub considerations: Vec<usize>,
    /// Why these numbers.
    pub reason: String,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// So many needs at a level or above.
#[derive(Debug)]
pub struct Needs {
    /// The level.
    pub at: Rank,
    /// How many.
    pub at_least: usize,
    /// In how many domains.
    pub domains: Option<usize>,
    /// In how many groups, and which groups there are.
    pub groups: Option<(usize, Vec<NeedSet>)>,
}

/// How far modifiers raise.
#[derive(Debug, Default)]
pub struct Modifiers {
    /// At most so many steps.
    pub steps_at_most: u8,
    /// Bit `n`: from rank `n`.
    pub from: u16,
    /// Considerations where no step is made.
    pub instead: Vec<(Rank, Vec<usize>)>,
    /// Why, and where that comes from.
    pub because: Because,
}

/// Why a number is what it is.
#[derive(Debug, Default)]
pub struct Because {
    /// Why.
    pub reason: String,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// A protective fact and what it cancels.
#[derive(Debug)]
pub struct Protection {
    /// The protective fact.
    pub fact: FactIndex,
    /// The modifiers, as needs' owners.
    pub cancels: NeedSet,
}

/// What one child's findings ask for the others.
#[derive(Debug)]
pub struct AcrossChildren {
    /// Its id.
    pub id: String,
    /// The sentence for the reasons.
    pub says: String,
    /// When one child has this.
    pub need: Need,
    /// What to do for every other child.
    pub actions: Vec<usize>,
    /// What to ask first about every other child.
    pub ask_first: Vec<FactIndex>,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// What a board wants to be certain of, and what it has accepted; read only where proofs are asked for.
#[derive(Debug, Default)]
pub struct Guarantees {
    /// What holds for every referral.
    pub guarantees: Vec<Guarantee>,
    /// What the proofs find and the board has accepted.
    pub expected: Vec<ExpectedEntry>,
}

/// What holds for every referral that meets a condition.
#[derive(Debug)]
pub struct Guarantee {
    /// Its id.
    pub id: String,
    /// The guarantee in a sentence.
    pub says: String,
    /// When it holds.
    pub when: Option<Condition>,
    /// Only of referrals that say nothing but about these facts.
    pub only: Option<Vec<FactIndex>>,
    /// The level is never below this.
    pub at_least: Option<Rank>,
    /// The level is never above this.
    pub at_most: Option<Rank>,
}

/// Something to do.
#[derive(Debug)]
pub struct Action {
    /// Its id.
    pub id: String,
    /// What to do.
    pub says: String,
    /// How soon.
    pub within: Option<Within>,
    /// Whether its hours run outside office hours.
    pub clock: Clock,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// Something a manager must answer.
#[derive(Debug)]
pub struct Consideration {
    /// Its id.
    pub id: String,
    /// What must be answered.
    pub says: String,
    /// Shown while the answer is below this level.
    pub until_level: Rank,
}

impl RuleSet {
    /// What identifies it.
    pub fn id(&self) -> &RuleSetId {
        &self.id
    }

    /// Its ladder.
    pub fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// What the framework file says.
    pub fn framework(&self) -> &Framework {
        &self.framework
    }

    /// What families are told, and how somebody who disagrees is answered.
    pub fn letters(&self) -> &Letters {
        &self.letters
    }

    /// Topics in the order a form asks.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Questions in topic and file order.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// Criteria in the order of evaluation.
    pub fn criteria(&self) -> &[Criterion] {
        &self.criteria
    }

    /// Thresholds in file order.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// What one child's findings ask for the others.
    pub fn across_children(&self) -> &[AcrossChildren] {
        &self.across_children
    }

    /// Scripts as tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Actions in file order.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Considerations in file order.
    pub fn considerations(&self) -> &[Consideration] {
        &self.considerations
    }

    /// What the columns of senders' exports mean, in the order of their names.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// What a board wants to be certain of; empty unless the rule set was loaded to be proved.
    pub fn guarantees(&self) -> &Guarantees {
        &self.guarantees
    }

    /// A mapping, by id.
    pub fn mapping(&self, id: &str) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.id == id)
    }

    /// The owners of needs in each domain, in the order of `Domain`.
    pub fn needs_of_domains(&self) -> &[NeedSet; Domain::COUNT] {
        &self.index.needs_of_domain
    }

    /// Counted hardship helps to reach only levels below this.
    pub fn hardship_line(&self) -> Rank {
        self.hardship_never_reaches
    }

    /// Whether hardship is left out when a threshold is counted.
    pub fn leaves_out_hardship(&self, threshold: &Threshold) -> bool {
        threshold.reaches >= self.hardship_never_reaches
    }

    /// Whether a modifier may make a step from a level.
    pub fn modifier_steps_from(&self, rank: Rank) -> bool {
        self.modifiers.from >> rank & 1 == 1
    }

    /// A fact's place, by id.
    pub fn fact(&self, id: &str) -> Option<FactIndex> {
        self.by_id.get(id).copied()
    }

    /// Every indicator, criterion and threshold by id.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let indicators = self.indicators.iter().map(|one| &one.id);
        let criteria = self.criteria.iter().map(|one| &one.id);
        indicators.chain(criteria).chain(self.thresholds.iter().map(|one| &one.id)).map(String::as_str)
    }

    /// What an indicator, a criterion or a threshold says, by its id.
    pub fn says_of(&self, id: &str) -> Option<&str> {
        let indicator = self.indicators.iter().find(|one| one.id == id).map(|one| one.ask.as_str());
        let criterion = || {
            let found = self.criteria.iter().find(|one| one.id == id)?;
            Some(found.says.as_deref().unwrap_or(&found.id))
        };
        let threshold = || self.thresholds.iter().find(|one| one.id == id).map(|one| one.says.as_str());
        indicator.or_else(criterion).or_else(threshold)
    }

    /// Whether a fact is core, asked in every referral.
    pub fn is_core(&self, fact: FactIndex) -> bool {
        self.index.core.contains(fact)
    }

    /// Whether a fact's answers stand in order of concern.
    pub fn is_ordered(&self, fact: FactIndex) -> bool {
        !self.index.unordered.contains(fact)
    }

    /// Whether a fact is of the child, and never a concern by itself.
    pub fn is_circumstance(&self, fact: FactIndex) -> bool {
        self.index.circumstances.contains(fact)
    }

    /// Whether a fact is of what has happened, so that it can never be otherwise.
    pub fn is_past(&self, fact: FactIndex) -> bool {
        self.index.past.contains(fact)
    }

    /// Whether a fact is presumed at its greatest concern until it is answered.
    pub fn is_presumed(&self, fact: FactIndex) -> bool {
        self.index.presumed.contains(fact)
    }

    /// Whether a fact is protective, presumed absent until stated.
    pub fn is_protective(&self, fact: FactIndex) -> bool {
        self.index.protective.contains(fact)
    }

    /// The highest level that any answer to a fact gives on its own.
    pub(crate) fn highest_given(&self, fact: FactIndex) -> Rank {
        self.indicators[fact].classes.iter().map(|class| class.gives.contribution.rank()).max().unwrap_or(0)
    }

    /// The greatest class of a fact.
    pub(crate) fn greatest(&self, fact: FactIndex) -> Class {
        u8::try_from(self.indicators[fact].classes.len() - 1).unwrap_or(u8::MAX - 1)
    }

    /// What answers give, fact by fact, and then what criteria do.
    pub(crate) fn gives(&self) -> impl Iterator<Item = &Gives> {
        let of_answers = self.indicators.iter().flat_map(|fact| &fact.classes).map(|class| &class.gives);
        of_answers.chain(self.criteria.iter().map(|criterion| &criterion.gives))
    }

    /// The conditions that may lower a level: those on which a floor softens or a threshold lapses.
    pub(crate) fn lowering(&self) -> impl Iterator<Item = &Condition> {
        let softens = self.gives().filter_map(|gives| Some(&gives.softens.as_ref()?.unless));
        softens.chain(self.thresholds.iter().filter_map(|threshold| threshold.unless.as_ref()))
    }

    /// The facts of which it matters to a level that they were stated, and not only what they are taken for.
    pub(crate) fn stated(&self) -> FactSet {
        let conditions = self.lowering().chain(self.criteria.iter().map(|criterion| &criterion.when));
        let cancel = self.protection.iter().map(|protection| protection.fact);
        conditions.fold(cancel.collect(), |all: FactSet, condition| all.or(&condition.stated()))
    }
}

impl Indicator {
    /// The lowest and the highest number of some neighbouring classes.
    pub(crate) fn numbers_of(&self, least: Class, greatest: Class) -> Option<(i64, i64)> {
        let Kind::Number { from, to, lower_is_worse, never, cuts, .. } = &self.kind else { return None };
        let segment = |class: Class| {
            let class = usize::from(class).checked_sub(usize::from(*never))?;
            if *lower_is_worse { cuts.len().checked_sub(class) } else { Some(class) }
        };
        let (one, other) = (segment(least)?, segment(greatest)?);
        let low = one.min(other).checked_sub(1).map_or(Some(*from), |before| cuts.get(before).copied())?;
        let high = cuts.get(one.max(other)).map_or(*to, |next| next - 1);
        Some((low, high))
    }

    /// Some neighbouring answers in words.
    pub(crate) fn in_words(&self, least: Class, greatest: Class) -> String {
        let numbers = self.numbers_of(least, greatest).and_then(|(low, high)| self.kind.numbers_in_words(low, high));
        numbers.unwrap_or_else(|| {
            let classes = self.classes.iter().take(usize::from(greatest) + 1).skip(usize::from(least));
            classes.map(|class| class.label.as_str()).collect::<Vec<_>>().join(" or ")
        })
    }

    /// The class of a number inside the range.
    pub(crate) fn class_of_number(&self, number: i64) -> Option<Class> {
        let Kind::Number { from, to, lower_is_worse, never, cuts, .. } = &self.kind else { return None };
        if number < *from || number > *to {
            return None;
        }
        let segment = cuts.iter().filter(|cut| **cut <= number).count();
        let class = if *lower_is_worse { cuts.len() - segment } else { segment };
        u8::try_from(class + usize::from(*never)).ok()
    }
}
