//! Rule changes as answers show them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::record::rule_changes::{ChangeEvent, ChangeTold, Happened, InForceFrom, RulesTold};
use crate::record::rule_drafts::RuleDraft;
use crate::rule_change::{Begins, Evidence, FailingExample, Said, Standing, Step};

/// A draft as it was saved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct DraftRead {
    /// Its id.
    id: String,
    /// What it changes, in a few words.
    title: String,
    /// How often it was saved.
    version: i64,
    /// When it was saved last.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The rule change that it was proposed as.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_change: Option<String>,
    /// What these rules would do; missing until it is worked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceRead>,
}

/// What is known of proposed rules.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct EvidenceRead {
    /// The rules.
    #[schema(example = "sha256:6c0f…")]
    digest: String,
    /// Those that they were compared with.
    instead_of: String,
    /// How many problems keep them from being proposed.
    errors: usize,
    /// How many are for the board to weigh.
    warnings: usize,
    /// Every problem with its place, as `windscreen check` tells it.
    #[schema(value_type = Vec<serde_json::Value>)]
    problems: Vec<serde_json::Value>,
    /// How many worked examples there are.
    examples: usize,
    /// Those that fail.
    failing: Vec<FailingExample>,
    /// Whether some child could be answered lower, or nobody can rule it out.
    may_lower: bool,
    /// Who moves, in sentences.
    in_short: Vec<String>,
}

impl EvidenceRead {
    pub fn of(evidence: &Evidence) -> Self {
        Self {
            digest: evidence.digest.clone(),
            instead_of: evidence.instead_of.clone(),
            errors: evidence.errors,
            warnings: evidence.warnings,
            problems: evidence.problems.clone(),
            examples: evidence.examples,
            failing: evidence.failing.clone(),
            may_lower: evidence.may_lower,
            in_short: evidence.in_short.clone(),
        }
    }
}

impl DraftRead {
    /// Without what it would do.
    pub fn begun(draft: &RuleDraft) -> Self {
        Self { evidence: None, ..Self::of(draft) }
    }

    pub fn of(draft: &RuleDraft) -> Self {
        let listed = &draft.listed;
        Self {
            id: listed.id.clone(),
            title: listed.title.clone(),
            version: listed.version,
            changed_at: listed.changed_at,
            rule_change: listed.change.clone(),
            evidence: draft.evidence.as_deref().map(EvidenceRead::of),
        }
    }
}

/// From when on rules are to be in force.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = RuleChangeBegins)]
pub(in crate::api) enum BeginsRead {
    /// From the first moment of this day in London; of the day after it was agreed, where that is later.
    #[schema(value_type = String, format = Date)]
    On(Date),
    /// As soon as it is agreed, for an emergency; until the end of this day.
    #[schema(value_type = String, format = Date)]
    AtOnceUntil(Date),
}

impl From<BeginsRead> for Begins {
    fn from(read: BeginsRead) -> Self {
        match read {
            BeginsRead::On(day) => Self::On(day),
            BeginsRead::AtOnceUntil(day) => Self::AtOnceUntil(day),
        }
    }
}

impl From<Begins> for BeginsRead {
    fn from(begins: Begins) -> Self {
        match begins {
            Begins::On(day) => Self::On(day),
            Begins::AtOnceUntil(day) => Self::AtOnceUntil(day),
        }
    }
}

/// A rule change in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct ChangeListed {
    /// Its id.
    id: String,
    /// What it changes, in short.
    title: String,
    /// Where it stands.
    standing: StandingRead,
    /// The rules that are proposed.
    #[schema(example = "sha256:6c0f…")]
    digest: String,
    /// The rules that they take the place of.
    instead_of: String,
    /// Whether some child could be answered lower, or nobody can rule it out.
    may_lower: bool,
    /// From when on they are to be in force.
    begins: BeginsRead,
    /// From when on they are, once it was agreed and nothing overtook it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    in_force_from: Option<Timestamp>,
    /// The partners for whom it waits.
    waits_for: BTreeSet<String>,
    /// By when partners are asked to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    answer_by: Option<Date>,
}

/// Where a rule change stands.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleChangeStanding)]
pub(in crate::api) enum StandingRead {
    /// Partners are asked.
    Proposed,
    /// It was agreed.
    Agreed,
    /// It was taken back.
    Withdrawn,
    /// It was undone.
    Undone,
}

/// Rule changes, those proposed last first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Changes {
    /// Each.
    pub rule_changes: Vec<ChangeListed>,
}

/// A rule change with everything that was done and said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct ChangeRead {
    /// As it is listed.
    #[serde(flatten)]
    listed: ChangeListed,
    /// Why.
    reason: String,
    /// The clause of guidance that it follows.
    clause: String,
    /// What each partner says of it.
    partners: BTreeMap<String, SaysRead>,
    /// What was known of the rules when they were proposed last.
    evidence: EvidenceRead,
    /// What was done and said, in order.
    events: Vec<EventTold>,
}

/// What a partner says of a rule change.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PartnerSays)]
pub(in crate::api) enum SaysRead {
    /// It agrees.
    Approves,
    /// A meeting agreed; the partner has not confirmed it yet.
    ToConfirm,
    /// It does not agree.
    Refuses,
    /// It has not answered.
    NothingYet,
}

/// One thing that was done or said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleChangeEvent)]
pub(in crate::api) struct EventTold {
    /// The place of its entry in the log of rules.
    index: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who, by name.
    by: String,
    /// Which step, or `commented`.
    step: &'static str,
    /// The partner whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<String>,
}

/// Which rules were in force when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct History {
    /// In order; those to come too, as far as partners agreed them.
    in_force: Vec<InForceRead>,
}

/// A rule set, from a moment on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct InForceRead {
    /// The rules.
    #[schema(example = "sha256:6c0f…")]
    digest: String,
    /// From when on.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The rule change that brought it; missing where whoever runs the service put it in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_change: Option<String>,
}

impl ChangeListed {
    pub fn of(change: &ChangeTold, told: &RulesTold) -> Self {
        let (state, proposal) = (&change.state, &change.state.proposal);
        let is_open = state.standing == Standing::Proposed;
        let reigns = told.reigns().unwrap_or_default();
        let turns =
            |from: &Timestamp| reigns.iter().any(|reign| reign.from == *from && reign.digest == proposal.digest);
        Self {
            id: change.id.clone(),
            title: change.title.clone(),
            standing: match state.standing {
                Standing::Proposed => StandingRead::Proposed,
                Standing::Agreed => StandingRead::Agreed,
                Standing::Withdrawn => StandingRead::Withdrawn,
                Standing::Undone => StandingRead::Undone,
            },
            digest: proposal.digest.clone(),
            instead_of: proposal.instead_of.clone(),
            may_lower: proposal.may_lower,
            begins: proposal.begins.into(),
            in_force_from: state.in_force.filter(turns),
            waits_for: if is_open { state.waits_for(&change.partners) } else { BTreeSet::new() },
            answer_by: proposal.answer_by,
        }
    }
}

impl ChangeRead {
    pub fn of(change: &ChangeTold, told: &RulesTold) -> Self {
        let proposal = &change.state.proposal;
        let says = |partner: &String| match change.state.said.get(partner) {
            Some(Said::Approves) => SaysRead::Approves,
            Some(Said::ToConfirm { .. }) => SaysRead::ToConfirm,
            Some(Said::Refuses { .. }) => SaysRead::Refuses,
            None => SaysRead::NothingYet,
        };
        Self {
            listed: ChangeListed::of(change, told),
            reason: proposal.reason.clone(),
            clause: proposal.clause.clone(),
            partners: change.partners.all().map(|partner| (partner.clone(), says(partner))).collect(),
            evidence: EvidenceRead::of(&change.evidence),
            events: change.events.iter().map(EventTold::of).collect(),
        }
    }
}

impl EventTold {
    pub fn of(event: &ChangeEvent) -> Self {
        let step = match &event.what {
            Happened::Proposed(proposed) => Some(&proposed.step),
            Happened::Step(step) => Some(step),
            Happened::Commented { .. } => None,
        };
        let said = |says: &String| Some(says.clone());
        let (word, partner, says) = match step {
            None => ("commented", None, None),
            Some(Step::Proposed(proposal)) => ("proposed", None, said(&proposal.reason)),
            Some(Step::Edited(proposal)) => ("edited", None, said(&proposal.reason)),
            Some(Step::Approved { partner, minute: None, .. }) => ("approved", Some(partner), None),
            Some(Step::Approved { partner, minute: Some(minute), .. }) => ("minuted", Some(partner), said(minute)),
            Some(Step::Confirmed { partner }) => ("confirmed", Some(partner), None),
            Some(Step::Refused { partner, says, .. }) => ("refused", Some(partner), said(says)),
            Some(Step::Withdrawn { says }) => ("withdrawn", None, said(says)),
            Some(Step::Undone { partner, says }) => ("undone", Some(partner), said(says)),
        };
        let says = match &event.what {
            Happened::Commented { says } => Some(says.clone()),
            Happened::Proposed(_) | Happened::Step(_) => says,
        };
        let (index, at, by) = (event.place, event.at, event.by.name.clone());
        Self { index, at, by, step: word, partner: partner.cloned(), says }
    }
}

impl History {
    /// Every rule set that was in force, in order.
    pub fn of(over_time: Vec<InForceFrom>) -> Self {
        let read = |one: InForceFrom| InForceRead { digest: one.digest, from: one.from, rule_change: one.change };
        Self { in_force: over_time.into_iter().map(read).collect() }
    }
}
