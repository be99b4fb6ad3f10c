//! `/v1/rule-drafts` and `/v1/rule-changes`: rules that are proposed, what they would do, and who agrees them; and which
//! rules were in force when.

mod shown;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use tokio::time::Instant;

use super::acting::{FollowRules, May, ProposeRules};
use super::evaluations::{not_read, takes};
use super::problem::Problem;
use super::recording::{not_here, read_strictly};
use super::room::away;
use crate::access::{Operation, permit};
use crate::criteria::{RuleFile, RuleSet};
use crate::json::{Fault, FaultCode};
use crate::record::RecordError;
use crate::record::rule_changes::{Happened, ProposalWanted};
use crate::record::rule_drafts::RuleDraft;
use crate::rule_change::{Begins, Step};
use crate::serving::{Serving, now};
use shown::{BeginsRead, ChangeListed, ChangeRead, Changes, DraftRead, History};

/// How long a proposal waits for what it would do to be worked out.
const WORKED_OUT_WITHIN: Duration = Duration::from_secs(9);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(150);

/// Rules that an author changes before they are proposed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftRequest {
    /// What it changes, in a few words.
    #[schema(min_length = 1, max_length = 120)]
    title: String,
    /// The files that differ from the rules in force, by path: the whole text of each, or `null` where it is gone. A
    /// folder of which more differs is sent from its page.
    files: BTreeMap<String, Option<String>>,
}

/// What whoever proposes a draft says of it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProposalRequest {
    /// Why.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
    /// The clause of guidance that it follows.
    #[schema(min_length = 1, max_length = 4000)]
    clause: String,
    /// From when on.
    begins: BeginsRead,
    /// By when partners are asked to answer.
    #[serde(default)]
    #[schema(required = false, value_type = String, format = Date)]
    answer_by: Option<Date>,
    /// The examples that fail, by name: each of them and no other.
    #[serde(default)]
    #[schema(required = false)]
    failing: Vec<String>,
    /// Whoever wrote any of it, by the identity that signs in; needed where a system proposes, for nobody agrees rules
    /// that they wrote.
    #[serde(default)]
    #[schema(required = false)]
    written_by: Vec<String>,
}

/// A step that a partner or an author takes, or a remark.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRequest {
    /// Which.
    step: StepWanted,
    /// The partner for whom it is taken; of every step but `withdrawn` and `commented`.
    #[serde(default)]
    #[schema(required = false, value_type = String, max_length = 200)]
    partner: Option<String>,
    /// The rules that were read; of `approved`, `minuted` and `refused`.
    #[serde(default)]
    #[schema(required = false, value_type = String, max_length = 71)]
    digest: Option<String>,
    /// From when on, as it was read; of `approved` and `minuted`.
    #[serde(default)]
    #[schema(required = false, value_type = BeginsRead)]
    begins: Option<BeginsRead>,
    /// Why; the minute of `minuted`; the remark of `commented`.
    #[serde(default)]
    #[schema(required = false, value_type = String, max_length = 4000)]
    says: Option<String>,
}

/// Which step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleChangeStep)]
pub(super) enum StepWanted {
    /// A partner agrees.
    Approved,
    /// Somebody enters that a meeting of a partner agreed, with its minute.
    Minuted,
    /// A partner confirms the minute.
    Confirmed,
    /// A partner does not agree.
    Refused,
    /// An author takes it back.
    Withdrawn,
    /// A partner wants what is in force undone.
    Undone,
    /// Somebody asks or remarks something.
    Commented,
}

/// Which rules were in force when
#[utoipa::path(
    get,
    path = "/v1/rule-sets/history",
    tag = "rule sets",
    responses((status = 200, description = "Every rule set that was in force, in order, and those to come", body = History)),
)]
pub(super) async fn history(Extension(serving): Extension<Arc<Serving>>) -> Result<Response, Problem> {
    let list = move || {
        let over_time = serving.record().map(|record| record.in_force_over_time().map_err(Problem::record));
        Ok(axum::Json(History::of(over_time.transpose()?.unwrap_or_default())).into_response())
    };
    away(list).await?
}

/// List rule changes
#[utoipa::path(
    get,
    path = "/v1/rule-changes",
    tag = "rule changes",
    responses((status = 200, description = "Those proposed last first", body = Changes)),
)]
pub(super) async fn list(may: May<FollowRules>) -> Result<Response, Problem> {
    let list = move || {
        let told = may.record.rules_told().map_err(Problem::record)?;
        let rule_changes = told.changes.iter().rev().map(|change| ChangeListed::of(change, &told)).collect();
        Ok(axum::Json(Changes { rule_changes }).into_response())
    };
    away(list).await?
}

/// Read a rule change
#[utoipa::path(
    get,
    path = "/v1/rule-changes/{id}",
    tag = "rule changes",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "Where it stands, who agrees, and everything that was done and said", body = ChangeRead),
        (status = 404, description = "No such rule change", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(may: May<FollowRules>, id: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| not_here())?;
    let read = move || {
        let told = may.record.rules_told().map_err(Problem::record)?;
        let change = told.change(&id).map_err(Problem::record)?;
        Ok(axum::Json(ChangeRead::of(change, &told)).into_response())
    };
    away(read).await?
}

/// Begin a draft of rules
///
/// The rules in force, with the files that differ. What it would do is worked out meanwhile; read the draft for it.
#[utoipa::path(
    post,
    path = "/v1/rule-drafts",
    tag = "rule changes",
    request_body(content = DraftRequest, content_type = "application/json"),
    responses(
        (status = 201, description = "Kept; it changes nothing", body = DraftRead,
            headers(("Location" = String, description = "Where it is read"))),
        (status = 422, description = "It has no title, or is too large", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn draft(
    may: May<ProposeRules>,
    Extension(serving): Extension<Arc<Serving>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let begin = move || {
        let DraftRequest { title, files } = read_strictly(&body)?;
        let before = serving.last_rules();
        let mut all = may.record.rule_set_files(&before.id().digest).map_err(Problem::record)?;
        all.retain(|file| !files.contains_key(&file.path));
        let edited = files.into_iter().filter_map(|(path, text)| Some(RuleFile { path, bytes: text?.into_bytes() }));
        all.extend(edited);
        all.sort_by(|a, b| a.path.cmp(&b.path));
        let id = may.record.begin_rule_draft(&may.permit, &title, &all, None, now()).map_err(Problem::record)?;
        serving.work_out(&id, 1);
        let location = [(header::LOCATION, format!("/v1/rule-drafts/{id}"))];
        let draft = may.record.find_rule_draft(&id).map_err(Problem::record)?;
        // Whether it is worked out already is chance; whoever reads it is told.
        let begun = DraftRead::begun(&draft);
        Ok((StatusCode::CREATED, location, axum::Json(begun)).into_response())
    };
    away(begin).await?
}

/// Read a draft of rules
#[utoipa::path(
    get,
    path = "/v1/rule-drafts/{id}",
    tag = "rule changes",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "As it was saved, with what it would do once that is worked out", body = DraftRead),
        (status = 404, description = "No such draft", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_draft(
    may: May<ProposeRules>,
    Extension(serving): Extension<Arc<Serving>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| not_here())?;
    let read = move || {
        let draft = may.record.find_rule_draft(&id).map_err(Problem::record)?;
        if draft.evidence.is_none() {
            serving.work_out(&id, draft.listed.version);
        }
        Ok(axum::Json(DraftRead::of(&draft)).into_response())
    };
    away(read).await?
}

/// Propose a draft
///
/// Where the draft edits a rule change, its rules take the place of those that were proposed, and what was agreed is void.
#[utoipa::path(
    post,
    path = "/v1/rule-drafts/{id}/proposal",
    tag = "rule changes",
    request_body(content = ProposalRequest, content_type = "application/json"),
    params(("id" = String, Path, description = "The draft's id")),
    responses(
        (status = 201, description = "Proposed: an entry of the log of rules", body = ChangeRead,
            headers(("Location" = String, description = "Where it is read"))),
        (status = 404, description = "No such draft", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The rules have errors, examples fail that are not named, or it may not be proposed", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn propose(
    may: May<ProposeRules>,
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path(id) = id.map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let wanted: ProposalRequest = read_strictly(&body)?;
    if may.permit.actor().id.starts_with("client:") && wanted.written_by.is_empty() {
        let detail = "a system proposes rules that people wrote: say who, for nobody agrees their own";
        let fault = Fault::new("/written_by", FaultCode::MissingKey, detail);
        return Err(Problem::record(RecordError::Faults(vec![fault])));
    }
    let record = Arc::clone(&may.record);
    let draft = worked_out(&record, &serving, &id).await?;
    let propose = move || {
        let wanted = ProposalWanted {
            reason: wanted.reason,
            clause: wanted.clause,
            begins: wanted.begins.into(),
            answer_by: wanted.answer_by,
            failing: wanted.failing,
            written_by: wanted.written_by,
        };
        let in_force = &rules.id().digest;
        let id = may.record.propose(&may.permit, &draft, &wanted, in_force, now()).map_err(Problem::record)?;
        let told = may.record.rules_told().map_err(Problem::record)?;
        let change = ChangeRead::of(told.change(&id).map_err(Problem::record)?, &told);
        let location = [(header::LOCATION, format!("/v1/rule-changes/{id}"))];
        Ok((StatusCode::CREATED, location, axum::Json(change)).into_response())
    };
    away(propose).await?
}

/// A draft, worked out where that takes no longer than a request waits.
async fn worked_out(
    record: &Arc<crate::record::Record>,
    serving: &Arc<Serving>,
    id: &str,
) -> Result<RuleDraft, Problem> {
    // By the clock: on a busy machine it takes longer to look than to wait.
    let until = Instant::now() + WORKED_OUT_WITHIN;
    loop {
        let (record, serving, id) = (Arc::clone(record), Arc::clone(serving), id.to_owned());
        let look = move || {
            let draft = record.find_rule_draft(&id)?;
            if draft.evidence.is_none() {
                serving.work_out(&id, draft.listed.version);
            }
            Ok(draft)
        };
        let draft = away(look).await?.map_err(|error: RecordError| Problem::record(error))?;
        if draft.evidence.is_some() || Instant::now() >= until {
            return Ok(draft);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Take a step of a rule change
///
/// Whoever agrees, refuses, confirms or undoes is a delegate whom the partner named, and wrote none of it. What was read
/// is what is answered: where other rules are proposed since, the step is not taken.
#[utoipa::path(
    post,
    path = "/v1/rule-changes/{id}/steps",
    tag = "rule changes",
    request_body(content = StepRequest, content_type = "application/json"),
    params(("id" = String, Path, description = "The rule change's id")),
    responses(
        (status = 201, description = "Taken: an entry of the log of rules", body = ChangeRead),
        (status = 404, description = "No such rule change", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It may not be taken", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn step(
    may: May<FollowRules>,
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    takes(&headers, "application/json")?;
    let Path(id) = id.map_err(|_| not_here())?;
    let body = body.map_err(|rejection| not_read(&rejection))?;
    let take = move || {
        let wanted: StepRequest = read_strictly(&body)?;
        let operations: &[Operation] = match wanted.step {
            StepWanted::Withdrawn => &[Operation::ProposeRules],
            StepWanted::Commented => &[Operation::FollowRules],
            StepWanted::Minuted => &[Operation::AgreeRules, Operation::ProposeRules],
            _ => &[Operation::AgreeRules],
        };
        let what = happened(wanted)?;
        let actor = may.permit.actor();
        let permitted = operations.iter().find_map(|operation| permit(actor.clone(), *operation));
        let permitted = permitted.ok_or_else(|| super::acting::not_permitted(actor.role))?;
        may.record.step_rule_change(&permitted, &id, what, &rules.id().digest, now()).map_err(Problem::record)?;
        serving.look_soon();
        let told = may.record.rules_told().map_err(Problem::record)?;
        let change = ChangeRead::of(told.change(&id).map_err(Problem::record)?, &told);
        Ok((StatusCode::CREATED, axum::Json(change)).into_response())
    };
    away(take).await?
}

/// The step that is wanted; what it needs and does not have is told at once.
fn happened(wanted: StepRequest) -> Result<Happened, Problem> {
    let StepRequest { step, partner, digest, begins, says } = wanted;
    let mut faults = Vec::new();
    let mut needed = |is_there: bool, key: &str| {
        if !is_there {
            let detail = format!("this step needs `{key}`");
            faults.push(Fault::new(format!("/{key}"), FaultCode::MissingKey, detail));
        }
    };
    use StepWanted::{Approved, Commented, Confirmed, Minuted, Refused, Undone, Withdrawn};
    needed(partner.is_some() || matches!(step, Withdrawn | Commented), "partner");
    needed(digest.is_some() || !matches!(step, Approved | Minuted | Refused), "digest");
    needed(begins.is_some() || !matches!(step, Approved | Minuted), "begins");
    needed(says.is_some() || matches!(step, Approved | Confirmed), "says");
    let (partner, digest, says) = (partner.unwrap_or_default(), digest.unwrap_or_default(), says.unwrap_or_default());
    if !faults.is_empty() {
        return Err(Problem::record(RecordError::Faults(faults)));
    }
    let begins = begins.map(Begins::from).unwrap_or(Begins::On(Date::ZERO));
    Ok(match step {
        Approved => Happened::Step(Step::Approved { partner, digest, begins, minute: None }),
        Minuted => Happened::Step(Step::Approved { partner, digest, begins, minute: Some(says) }),
        Confirmed => Happened::Step(Step::Confirmed { partner }),
        Refused => Happened::Step(Step::Refused { partner, digest, says }),
        Withdrawn => Happened::Step(Step::Withdrawn { says }),
        Undone => Happened::Step(Step::Undone { partner, says }),
        Commented => Happened::Commented { says },
    })
}
