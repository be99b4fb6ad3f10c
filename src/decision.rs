//! What a person stands by, beside what the criteria indicate: agrees, decides higher, or decides lower.
//!
//! The framework says which role may decide which level. Deciding lower takes a second person, one of the two a
//! manager, and a listed reason; closing while a statutory level is possible takes a manager who names what is not
//! known. Nothing here changes an evaluation.

mod holder;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::criteria::RuleSet;
use crate::json::{Fault, FaultCode};
use crate::ladder::{Priority, Rank};
use holder::holding;

pub use holder::{Along, Holder};

/// In which role somebody acts. Frameworks name those that decide in `may_decide`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A partner's system, for its own organisation.
    PartnerSystem,
    /// A partner's practitioner, for their own organisation.
    Practitioner,
    /// Takes calls at the front door.
    CallTaker,
    /// Recommends at the front door.
    TriageWorker,
    /// A social worker.
    SocialWorker,
    /// A manager of social workers.
    SocialWorkManager,
    /// Writes rules.
    RuleAuthor,
    /// Agrees rule changes for an agency.
    Approver,
    /// Checks the record and the figures; reads no bodies.
    Auditor,
    /// Erases, and holds what must not be erased.
    InformationGovernance,
    /// Runs the program; reads no bodies.
    Operator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::PartnerSystem,
        Self::Practitioner,
        Self::CallTaker,
        Self::TriageWorker,
        Self::SocialWorker,
        Self::SocialWorkManager,
        Self::RuleAuthor,
        Self::Approver,
        Self::Auditor,
        Self::InformationGovernance,
        Self::Operator,
    ];

    /// The role's word, as frameworks and requests write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::PartnerSystem => "partner_system",
            Self::Practitioner => "practitioner",
            Self::CallTaker => "call_taker",
            Self::TriageWorker => "triage_worker",
            Self::SocialWorker => "social_worker",
            Self::SocialWorkManager => "social_work_manager",
            Self::RuleAuthor => "rule_author",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::InformationGovernance => "information_governance",
            Self::Operator => "operator",
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Who it is, for programs.
    pub id: String,
    /// Who it is, for people.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// For which organisation.
    pub organisation: String,
}

/// How the id begins of whoever signed in with a break-glass account: who it is, they say themselves.
pub const BREAK_GLASS: &str = "break-glass:";

impl Actor {
    /// Whether somebody signed in with a break-glass account.
    pub fn is_break_glass(&self) -> bool {
        self.id.starts_with(BREAK_GLASS)
    }

    /// Whether somebody may be the one who acted before, where another is asked for: with a break-glass account they may.
    pub fn may_be(&self, before: &Actor) -> bool {
        self.id == before.id || self.is_break_glass()
    }
}

/// A decision beside what was indicated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// The level that was indicated; while it is not settled, the lower bound.
    Agrees,
    /// A higher one.
    DecidesHigher,
    /// A lower one.
    DecidesLower,
}

impl View {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::DecidesHigher => "decides_higher",
            Self::DecidesLower => "decides_lower",
        }
    }
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing more.
    NoFurtherAction,
    /// Information and advice.
    Advice,
    /// Early help or Family Help.
    EarlyHelp,
    /// An assessment under section 17.
    S17Assessment,
    /// A strategy discussion.
    StrategyDiscussion,
    /// To the worker who already has the case.
    AllocatedWorker,
    /// To the authority where the child lives.
    AnotherAuthority,
    /// To the Emergency Duty Team.
    EmergencyDutyTeam,
}

impl Outcome {
    /// Its word, as requests write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoFurtherAction => "no_further_action",
            Self::Advice => "advice",
            Self::EarlyHelp => "early_help",
            Self::S17Assessment => "s17_assessment",
            Self::StrategyDiscussion => "strategy_discussion",
            Self::AllocatedWorker => "allocated_worker",
            Self::AnotherAuthority => "another_authority",
            Self::EmergencyDutyTeam => "emergency_duty_team",
        }
    }

    /// Whether nobody holds it afterwards.
    pub fn closes(self) -> bool {
        matches!(self, Self::NoFurtherAction | Self::Advice)
    }

    /// Whether it hands the child to somebody who decides, and so decides no level itself.
    pub fn passes_on(self) -> bool {
        matches!(self, Self::AllocatedWorker | Self::AnotherAuthority | Self::EmergencyDutyTeam)
    }
}

/// A listed reason, and the decider's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
// Evaluations have reasons too.
#[schema(as = ListedReason)]
pub struct Reason {
    /// A code of the framework's list; empty where none is needed.
    pub code: String,
    /// In the decider's own words.
    #[schema(max_length = 4000)]
    pub says: String,
}

/// A decision as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The child's `ref`.
    pub child: String,
    /// The referral's version whose evaluation the decider was shown.
    #[schema(minimum = 1)]
    pub shown: i64,
    /// The level.
    #[schema(minimum = 1, maximum = 8)]
    pub level: Rank,
    /// Beside what was indicated.
    pub view: View,
    /// Why: needed to decide higher or lower, and to close while a statutory level is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What happens next.
    pub outcome: Outcome,
    /// Who has it next, unless the outcome closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_holder: Option<Holder>,
    /// The id of the person who will confirm a lower decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_person: Option<Second>,
    /// What is not known, by fact: needed to close while a statutory level is possible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_known: Vec<String>,
}

/// A second person, who confirms with an act of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// Who.
    pub id: String,
    /// In which role.
    pub role: Role,
}

/// What the decider was shown of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Shown {
    /// The lower bound.
    at_least: Bound,
    /// The upper bound.
    at_most: Bound,
    /// How urgently information is gathered.
    priority: Priority,
    /// When the type of response is to be decided.
    respond_by: Option<String>,
    /// What is asked next.
    ask_next: Vec<Asked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Bound {
    rank: Rank,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Asked {
    fact: String,
}

impl Shown {
    /// The bounds of the level.
    pub fn bounds(&self) -> (Rank, Rank) {
        (self.at_least.rank, self.at_most.rank)
    }

    /// How urgently information is gathered.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// When the type of response is to be decided.
    pub fn respond_by(&self) -> Option<Timestamp> {
        self.respond_by.as_ref()?.parse().ok()
    }

    /// The facts that are asked next, in order.
    pub fn asks(&self) -> impl Iterator<Item = &str> {
        self.ask_next.iter().map(|asked| asked.fact.as_str())
    }
}

/// Lists of reasons among a rule set's code lists.
pub(crate) const HIGHER: &str = "reasons_to_decide_higher";
pub(crate) const LOWER: &str = "reasons_to_decide_lower";
pub(crate) const CLOSE: &str = "reasons_to_close_unsettled";

/// More than anyone writes as a reason.
const MAX_WORDS: usize = 4000;

/// Everything that stands in the way of a decision; nothing when it may be taken.
pub fn check(rules: &RuleSet, shown: &Shown, actor: &Actor, wanted: &Wanted) -> Vec<Fault> {
    let mut faults = Vec::new();
    let ladder = rules.ladder();
    if !(1..=ladder.highest()).contains(&wanted.level) {
        let detail = format!("this framework has levels 1 to {}", ladder.highest());
        return vec![Fault::new("/level", FaultCode::OutOfRange, detail)];
    }
    let (at_least, at_most) = shown.bounds();
    let view = match wanted.level.cmp(&at_least) {
        std::cmp::Ordering::Less => View::DecidesLower,
        std::cmp::Ordering::Equal => View::Agrees,
        std::cmp::Ordering::Greater => View::DecidesHigher,
    };
    if wanted.view != view {
        let detail = format!("level {} beside an indicated level of {at_least} is not that", wanted.level);
        faults.push(Fault::new("/view", FaultCode::NotThatView, detail).instead(view.word()));
    }
    let may_decide = &ladder.level(wanted.level).may_decide;
    // Whoever hands a child at once to somebody who decides settles no level.
    let passes_on = view == View::Agrees && wanted.outcome.passes_on();
    if !passes_on && !may_decide.iter().any(|role| role == actor.role.word()) {
        let who = if may_decide.is_empty() { "nobody".to_owned() } else { may_decide.join(", ") };
        faults.push(Fault::new(
            "/level",
            FaultCode::MayNotDecide,
            format!("level {} is decided by: {who}", wanted.level),
        ));
    }
    let closes_unsettled = wanted.outcome.closes() && wanted.level.max(at_most) >= statutory(rules);
    if actor.is_break_glass() {
        let themselves = |pointer, what| {
            let detail = format!("{what} waits for somebody who signs in as themselves");
            Fault::new(pointer, FaultCode::MayNotDecide, detail)
        };
        faults.extend((view == View::DecidesLower).then(|| themselves("/view", "deciding lower")));
        faults.extend(wanted.outcome.closes().then(|| themselves("/outcome", "closing")));
    }
    match view {
        View::DecidesLower => {
            faults.extend(reason(rules, wanted, LOWER));
            faults.extend(second_person(actor, wanted));
        }
        View::DecidesHigher => faults.extend(reason(rules, wanted, HIGHER)),
        View::Agrees if closes_unsettled => faults.extend(reason(rules, wanted, CLOSE)),
        View::Agrees => faults.extend(wanted.reason.as_ref().and_then(|reason| remark(rules, reason))),
    }
    if closes_unsettled {
        faults.extend(closing(shown, actor, wanted, statutory(rules)));
    }
    if wanted.outcome.closes() == wanted.next_holder.is_some() {
        let (code, detail) = match wanted.next_holder {
            Some(_) => (FaultCode::MisplacedKey, "an outcome that closes has no next holder"),
            None => (FaultCode::MissingKey, "say who has it next"),
        };
        faults.push(Fault::new("/next_holder", code, detail));
    } else if let Some(holder) = &wanted.next_holder {
        faults.extend(holding(actor, wanted.outcome, holder));
    }
    faults
}

/// The lowest level at which closing takes a manager: the one that the framework names under `below`, else protection.
pub fn statutory(rules: &RuleSet) -> Rank {
    let named = rules.framework().below.as_ref().map(|below| below.rank);
    let ladder = rules.ladder();
    named.into_iter().chain(ladder.protection_from()).min().unwrap_or(ladder.highest())
}

/// Who may stand for a manager.
fn is_manager(role: Role) -> bool {
    role == Role::SocialWorkManager
}

fn reason(rules: &RuleSet, wanted: &Wanted, list: &str) -> Option<Fault> {
    let listed = rules.framework().code_lists.iter().find(|one| one.id == list);
    let codes = || listed.iter().flat_map(|list| &list.codes).map(|code| code.code.as_str());
    let all = || codes().collect::<Vec<_>>().join(", ");
    let Some(reason) = &wanted.reason else {
        let fault =
            Fault::new("/reason", FaultCode::MissingKey, "this decision needs a listed reason and your own words");
        return Some(fault.instead(all()));
    };
    if !codes().any(|code| code == reason.code) {
        let fault = Fault::new("/reason/code", FaultCode::UnknownCode, format!("no such reason in the list `{list}`"));
        return Some(fault.instead(all()));
    }
    words(&reason.says)
}

/// What somebody who agrees may add: their own words, with a listed reason or without. What is not listed could be
/// anything, and codes go into the log.
fn remark(rules: &RuleSet, reason: &Reason) -> Option<Fault> {
    let lists = rules.framework().code_lists.iter().filter(|list| [HIGHER, LOWER, CLOSE].contains(&list.id.as_str()));
    let is_listed = lists.flat_map(|list| &list.codes).any(|code| code.code == reason.code);
    if !reason.code.is_empty() && !is_listed {
        let fault = Fault::new("/reason/code", FaultCode::UnknownCode, "no such reason in the lists of this framework");
        return Some(fault.instead("leave it empty, and say it in your own words"));
    }
    words(&reason.says)
}

fn words(says: &str) -> Option<Fault> {
    if says.trim().is_empty() {
        return Some(Fault::new("/reason/says", FaultCode::MissingWords, "say why in your own words"));
    }
    (says.len() > MAX_WORDS)
        .then(|| Fault::new("/reason/says", FaultCode::TooLong, format!("at most {MAX_WORDS} bytes are kept")))
}

fn second_person(actor: &Actor, wanted: &Wanted) -> Option<Fault> {
    let Some(second) = &wanted.second_person else {
        let fault = Fault::new(
            "/second_person",
            FaultCode::MissingKey,
            "deciding lower needs a second person, one of the two a manager",
        );
        return Some(fault.instead("the id and role of the person who will confirm"));
    };
    if second.id == actor.id {
        return Some(Fault::new("/second_person/id", FaultCode::SamePerson, "the second person is somebody else"));
    }
    if !is_manager(actor.role) && !is_manager(second.role) {
        let fault = Fault::new("/second_person/role", FaultCode::NeedsAManager, "one of the two must be a manager");
        return Some(fault.instead(Role::SocialWorkManager.word()));
    }
    let detail = "a second person is a social worker or a manager";
    (!may_confirm(second.role)).then(|| Fault::new("/second_person/role", FaultCode::MayNotDecide, detail))
}

/// Whether somebody in this role may be the second person.
pub fn may_confirm(role: Role) -> bool {
    matches!(role, Role::SocialWorker | Role::SocialWorkManager)
}

/// Whether somebody may accept what was decided.
///
/// What goes to the Emergency Duty Team, to another authority or to another organisation is not accepted by whoever sends
/// it there: it stays on the list until another says that they have it. Nor is what was passed on by somebody who may
/// not settle its level: that is taken by a social worker, a manager, or the other organisation.
pub fn may_accept(rules: &RuleSet, decided: &Wanted, by: &Actor, actor: &Actor) -> bool {
    let leaves = matches!(decided.outcome, Outcome::EmergencyDutyTeam | Outcome::AnotherAuthority)
        || decided.next_holder.as_ref().is_some_and(|holder| holder.organisation != by.organisation);
    let may_decide = &rules.ladder().level(decided.level).may_decide;
    let settles = may_decide.iter().any(|role| role == by.role.word());
    let is_passed_on = decided.view == View::Agrees && decided.outcome.passes_on() && !settles;
    let takes = may_confirm(actor.role) || matches!(actor.role, Role::Practitioner | Role::PartnerSystem);
    (!actor.may_be(by) || !(leaves || is_passed_on)) && (takes || !is_passed_on)
}

fn closing(shown: &Shown, actor: &Actor, wanted: &Wanted, statutory: Rank) -> Vec<Fault> {
    let mut faults = Vec::new();
    let second_is = wanted.second_person.as_ref().is_some_and(|second| is_manager(second.role));
    if !is_manager(actor.role) && !second_is {
        let detail = format!("closing while level {statutory} or above is possible is for a manager");
        faults.push(Fault::new("/outcome", FaultCode::NeedsAManager, detail).instead(Role::SocialWorkManager.word()));
    }
    let unknown = || shown.asks();
    if wanted.not_known.is_empty() && !shown.ask_next.is_empty() {
        let fault = Fault::new("/not_known", FaultCode::MissingKey, "name what is not known");
        faults.push(fault.instead(unknown().collect::<Vec<_>>().join(", ")));
    }
    for (index, fact) in wanted.not_known.iter().enumerate() {
        if !unknown().any(|unknown| unknown == fact) {
            let fault = Fault::new(
                format!("/not_known/{index}"),
                FaultCode::UnknownFact,
                "this was not among what is asked next",
            );
            faults.push(fault.suggest(fact, unknown()));
        }
    }
    faults
}
