//! Disagreement: somebody does not accept a decision, and is answered stage by stage.
//!
//! The rules list the stages and how soon each is answered. Both views are kept, whoever is found right. A ruling never
//! changes a decision by itself: one that is upheld asks a person to decide again.

use serde::{Deserialize, Serialize};

use crate::criteria::RuleSet;
use crate::criteria::entries::AnsweredBy;
use crate::decision::{Actor, Role};
use crate::json::{Fault, FaultCode};
use crate::ladder::Rank;

/// More than anyone writes at one stage.
pub const MAX_WORDS: usize = 4000;
const MAX_NAME: usize = 200;

/// Who disagrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Whoever referred.
    Referrer,
    /// Another agency.
    Agency,
    /// The family.
    Family,
    /// The child.
    Child,
}

/// That somebody disagrees with a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disagrees {
    /// The decision's id.
    pub decision: String,
    /// Who disagrees.
    pub party: Party,
    /// Their name.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The level that they would decide.
    #[schema(minimum = 1, maximum = 8)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Rank>,
    /// The indicator, criterion or threshold in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Their view, in their own words.
    #[schema(max_length = 4000, pattern = r"\S")]
    pub says: String,
}

/// What a stage came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// They are right: it is decided again.
    Upheld,
    /// They are right in part: it is decided again.
    UpheldInPart,
    /// The decision stands.
    NotUpheld,
}

/// The answer of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// What it came to.
    pub ruling: Ruling,
    /// Why, in the words of whoever answers.
    #[schema(max_length = 4000, pattern = r"\S")]
    pub says: String,
    /// Who answered, where it is not whoever records it.
    #[schema(max_length = 200)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
}

/// That an answer is not accepted: it goes to the next stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoesOn {
    /// Why, in their own words.
    #[schema(max_length = 4000, pattern = r"\S")]
    pub says: String,
}

/// What is wrong with a disagreement.
pub fn check(rules: &RuleSet, disagrees: &Disagrees) -> Vec<Fault> {
    let mut faults = words("/says", &disagrees.says, "say in their own words what they do not agree with");
    let highest = rules.ladder().highest();
    if disagrees.level.is_some_and(|level| !(1..=highest).contains(&level)) {
        faults.push(Fault::new("/level", FaultCode::OutOfRange, format!("this framework has levels 1 to {highest}")));
    }
    if disagrees.name.as_ref().is_some_and(|name| name.len() > MAX_NAME) {
        faults.push(Fault::new("/name", FaultCode::TooLong, format!("at most {MAX_NAME} bytes are kept")));
    }
    if let Some(about) = &disagrees.about
        && rules.says_of(about).is_none()
    {
        let fault =
            Fault::new("/about", FaultCode::UnknownCriterion, "these rules have no such indicator or criterion");
        faults.push(fault.suggest(about, rules.ids()));
    }
    faults
}

/// What a stage is about: a decision, and who took part so far.
#[derive(Debug)]
pub struct Disputed<'d> {
    /// Which stage, from 0.
    pub stage: usize,
    /// The level that was decided.
    pub level: Rank,
    /// Who decided.
    pub decided_by: &'d Actor,
    /// Who took part since: the second person of the decision, and whoever answered a stage before.
    pub since: Vec<&'d Actor>,
}

/// What is wrong with an answer, under the rules by which it was decided.
pub fn check_answer(rules: &RuleSet, disputed: &Disputed<'_>, actor: &Actor, answers: &Answers) -> Vec<Fault> {
    let mut faults = words("/says", &answers.says, "say why, in words that whoever disagrees will read");
    let Some(by) = answered_by(rules, disputed.stage) else {
        faults.push(Fault::new("", FaultCode::NoSuchStage, "these rules name no such stage"));
        return faults;
    };
    let is_decider = actor.id == disputed.decided_by.id;
    let may_decide = &rules.ladder().level(disputed.level).may_decide;
    if by == AnsweredBy::Decider && !is_decider && !may_decide.iter().any(|role| role == actor.role.word()) {
        let detail = format!("this stage is answered by whoever decided, or who may decide level {}", disputed.level);
        faults.push(Fault::new("", FaultCode::MayNotDecide, detail).instead(may_decide.join(", ")));
    }
    let is_manager = actor.role == Role::SocialWorkManager;
    if by != AnsweredBy::Decider && !is_manager {
        let fault = Fault::new("", FaultCode::NeedsAManager, "this stage is answered by a manager");
        faults.push(fault.instead(Role::SocialWorkManager.word()));
    }
    let took_part =
        std::iter::once(disputed.decided_by).chain(disputed.since.iter().copied()).any(|one| actor.may_be(one));
    if by == AnsweredBy::Manager && took_part {
        faults.push(Fault::new(
            "",
            FaultCode::SamePerson,
            "this stage is answered by somebody who took no part before",
        ));
    }
    let named = answers.answered_by.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if by == AnsweredBy::Named && named.is_none() {
        faults.push(Fault::new("/answered_by", FaultCode::MissingKey, "say who answered at this stage"));
    }
    if named.is_some_and(|name| name.len() > MAX_NAME) {
        faults.push(Fault::new("/answered_by", FaultCode::TooLong, format!("at most {MAX_NAME} bytes are kept")));
    }
    faults
}

/// Who records the answer of a stage. Where the rules list no stages, whoever may decide answers once: nobody who
/// disagrees is left without an answer.
fn answered_by(rules: &RuleSet, stage: usize) -> Option<AnsweredBy> {
    let stages = &rules.letters().disagreement;
    let unlisted = (stages.is_empty() && stage == 0).then_some(AnsweredBy::Decider);
    stages.get(stage).map(|stage| stage.answered_by).or(unlisted)
}

/// What is wrong with taking a disagreement further.
pub fn check_goes_on(goes_on: &GoesOn) -> Vec<Fault> {
    words("/says", &goes_on.says, "say in their own words why the answer is not accepted")
}

fn words(pointer: &str, says: &str, wanted: &str) -> Vec<Fault> {
    if says.trim().is_empty() {
        return vec![Fault::new(pointer, FaultCode::MissingWords, wanted)];
    }
    let is_long = says.len() > MAX_WORDS;
    is_long
        .then(|| Fault::new(pointer, FaultCode::TooLong, format!("at most {MAX_WORDS} bytes are kept")))
        .into_iter()
        .collect()
}
