//! What a change of rules does: whether it is any, who moves and from where to where, and what was edited.

mod text;

use serde::Serialize;

use super::census::{Census, Tally};
use super::edits::{Edit, edits};
use super::instance::Disagreement;
use super::movements::{ComparedBy, Found, Moved, Standing, WayMoved, compared_by, movements};
use super::pair::{Pair, Told};
use crate::criteria::RuleSetId;
use crate::facts::Answer;
use crate::ladder::{Duty, Rank};

/// What differs between two rule sets, and what that does.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// The earlier rule set.
    pub old: RuleSetId,
    /// The later rule set.
    pub new: RuleSetId,
    /// How levels are compared.
    pub compared_by: ComparedBy,
    /// Whether some child is answered at another level.
    pub moved: Known,
    /// Whether some child is answered lower. A change that can lower takes stronger approval.
    pub lowered: Known,
    /// Every movement that there is, those that lower first.
    pub movements: Vec<Movement>,
    /// The movements of which the budget was too small to say whether there are any.
    pub not_decided: Vec<NotDecided>,
    /// All referrals of a few answers, counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub census: Option<Counted>,
    /// What differs in the rules, in sentences: what decides a level first, words last.
    pub edits: Vec<Edit>,
}

/// What is known of all referrals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WhetherSome)]
pub enum Known {
    /// It is proved that none is.
    None,
    /// Some are, and one of them is shown.
    Some,
    /// The budget ran out first: there may be some.
    NotDecided,
}

/// A movement from one level to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Movement {
    /// Which way it goes.
    pub way: WayMoved,
    /// Where a child stood.
    pub from: StandingRead,
    /// Where it stands.
    pub to: StandingRead,
    /// The referral of fewest answers that moves so, as the evaluator answered it under both.
    pub smallest: Example,
    /// How many of the census move so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<u64>,
}

/// A movement of which it is not decided whether there is any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NotDecided {
    /// Which way it would go.
    pub way: WayMoved,
    /// Where a child would have stood.
    pub from: StandingRead,
    /// Where it would stand.
    pub to: StandingRead,
}

/// Where a child stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = LevelOrDuty)]
pub struct StandingRead {
    /// The level, where levels are compared by their numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 4)]
    pub rank: Option<Rank>,
    /// The duty, where levels are compared by their legal basis; missing where a level names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duty: Option<Duty>,
    /// In words.
    #[schema(example = "level 4 (Child in need)")]
    pub says: String,
}

/// An invented referral: what is said, and nothing else is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ExampleReferral)]
pub struct Example {
    /// What is said.
    pub said: Vec<ExampleAnswer>,
    /// Its lowest level under the earlier rule set.
    #[schema(example = 5)]
    pub old_level: Rank,
    /// Its lowest level under the later rule set.
    #[schema(example = 4)]
    pub new_level: Rank,
    /// Whether it is proved that none has fewer answers.
    pub is_smallest: bool,
    /// The same as a story.
    pub vignette: String,
}

/// One answer of an invented referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExampleAnswer {
    /// The fact.
    #[schema(example = "child_age_months")]
    pub fact: String,
    /// The answer, as a request sends it.
    pub answer: Answer,
    /// The question.
    #[schema(example = "How old is the child, in completed months?")]
    pub ask: String,
    /// The answer in words; of a number, every one that would do as well.
    #[schema(example = "under 12 months")]
    pub says: String,
    /// Which of the rule sets does not ask this or does not take the answer, and passes it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_over_by: Option<PassedOverBy>,
}

/// The rule set that passes an answer over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverBy {
    /// The earlier.
    Old,
    /// The later.
    New,
}

/// All referrals of at most so many answers that say more than silence does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Census)]
pub struct Counted {
    /// The most answers of one of them.
    #[schema(example = 3)]
    pub answers_at_most: usize,
    /// How many there are.
    pub referrals: u64,
    /// How many of them are answered at another level.
    pub moved: u64,
    /// How many of them are answered lower.
    pub lowered: u64,
}

impl Difference {
    /// Of a pair, with its census where one was taken.
    ///
    /// # Errors
    /// When the evaluator says another level of a referral than the proof: a mistake of this program.
    pub fn of(pair: &Pair<'_>, census: Option<(&Census<'_>, &Tally)>) -> Result<Self, Disagreement> {
        let by = compared_by(pair);
        let tally = census.map(|(_, tally)| tally);
        let moved = movements(pair, by, tally)?;
        let counted = |one: &Moved| tally.map(|tally| in_census(pair, by, tally, one));
        let (found, open): (Vec<&Moved>, Vec<&Moved>) = moved.iter().partition(|one| one.smallest.is_some());
        let way = |one: &Moved| one.from.way(one.to);
        // Whether a level that names no duty is the lower of two, nobody can tell.
        let open_to = |wanted: &[WayMoved]| {
            open.iter().any(|one| wanted.contains(&way(one)))
                || moved.iter().any(|one| way(one) == WayMoved::NotComparable)
        };
        let known = |wanted: &[WayMoved]| match found.iter().any(|one| wanted.contains(&way(one))) {
            true => Known::Some,
            false if open_to(wanted) => Known::NotDecided,
            false => Known::None,
        };
        let sum = |wanted: &dyn Fn(&Moved) -> bool| -> u64 {
            moved.iter().filter(|one| wanted(one)).filter_map(counted).sum()
        };
        let census = census.map(|(census, tally)| Counted {
            answers_at_most: census.most,
            referrals: tally.total(),
            moved: sum(&|_| true),
            lowered: sum(&|one| way(one) == WayMoved::Lower),
        });
        let movement = |one: &&Moved| {
            let smallest = example(pair, one.smallest.as_ref()?);
            let (from, to) = (read(pair, 0, one.from), read(pair, 1, one.to));
            Some(Movement { way: way(one), from, to, smallest, counted: counted(one) })
        };
        let not_decided =
            |one: &&Moved| NotDecided { way: way(one), from: read(pair, 0, one.from), to: read(pair, 1, one.to) };
        let [old, new] = pair.rules.map(|rules| rules.id().clone());
        Ok(Self {
            old,
            new,
            compared_by: by,
            moved: known(&[WayMoved::Lower, WayMoved::Higher]),
            lowered: known(&[WayMoved::Lower]),
            movements: found.iter().filter_map(movement).collect(),
            not_decided: open.iter().map(not_decided).collect(),
            census,
            edits: edits(pair),
        })
    }
}

fn in_census(pair: &Pair<'_>, by: ComparedBy, tally: &Tally, one: &Moved) -> u64 {
    let ranks = |side: usize, standing: Standing| Standing::all(pair, side, by).remove(&standing).unwrap_or_default();
    let (from, to) = (ranks(0, one.from), ranks(1, one.to));
    from.iter().flat_map(|from| to.iter().map(|to| tally.of(*from, *to))).sum()
}

fn read(pair: &Pair<'_>, side: usize, standing: Standing) -> StandingRead {
    match standing {
        Standing::Level(rank) => {
            let says = format!("level {rank} ({})", pair.rules[side].ladder().level(rank).name);
            StandingRead { rank: Some(rank), duty: None, says }
        }
        Standing::Duty(duty) => {
            let says = duty.map_or("no duty that is named", Duty::says).to_owned();
            StandingRead { rank: None, duty, says }
        }
    }
}

/// A referral in plain answers, as the evaluator answers it under both rule sets.
fn example(pair: &Pair<'_>, found: &Found) -> Example {
    let [old_level, new_level] = pair.levels(&found.told);
    let said: Vec<ExampleAnswer> = said(pair, &found.told);
    let story = said.iter().map(|one| format!("{} {}.", one.ask, one.says)).collect::<Vec<_>>().join(" ");
    let story = if said.is_empty() { "Nothing is said of the child.".to_owned() } else { story };
    let stood = |side: usize, rank: Rank| {
        format!("level {rank} ({}) {}", pair.rules[side].ladder().level(rank).name, ["before", "now"][side])
    };
    let vignette = format!("{story} At least {}, {}.", stood(0, old_level), stood(1, new_level));
    Example { said, old_level, new_level, is_smallest: found.is_smallest, vignette }
}

/// What is said, in the order in which a form asks.
fn said(pair: &Pair<'_>, told: &Told) -> Vec<ExampleAnswer> {
    let mut told = told.clone();
    told.sort_by_key(|(fact, _)| {
        let [old, new] = pair.facts[*fact].index;
        (new.is_none(), new, old)
    });
    let answer = |(fact, answer): (usize, usize)| {
        let shared = &pair.facts[fact];
        let side = usize::from(shared.index[1].is_some());
        let says = pair.answers_in_words(fact, &[answer].into_iter().collect(), side);
        let passed_over_by = match shared.answers[answer].class {
            [None, _] => Some(PassedOverBy::Old),
            [_, None] => Some(PassedOverBy::New),
            [Some(_), Some(_)] => None,
        };
        ExampleAnswer {
            fact: shared.id.clone(),
            answer: shared.answers[answer].answer.clone(),
            ask: pair.rules[side].question(&shared.id),
            says: says.replace(['“', '”'], ""),
            passed_over_by,
        }
    };
    told.into_iter().map(answer).collect()
}
