//! `/v1/referrals/{id}/letters` and `/v1/referrals/{id}/disagreements`: who is told what was decided, and who does not
//! accept it.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::HeaderMap;
use axum::response::Response;

use super::acting::{Decide, Disagree, May, Tell};
use super::evaluations::{not_read, takes};
use super::problem::Problem;
use super::recording::{DecisionRecorded, Running, not_here, once, read_strictly};
use crate::criteria::RuleSet;
use crate::disagreement::{Answers, Disagrees, GoesOn};
use crate::letters::Letter;
use crate::record::Record;
use crate::record::once::Pending;
use crate::serving::now;

/// A request about a referral that has a body.
struct About {
    id: String,
    body: Bytes,
    headers: HeaderMap,
}

impl About {
    fn read(
        id: Result<Path<String>, PathRejection>,
        headers: HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Self, Problem> {
        takes(&headers, "application/json")?;
        let Path(id) = id.map_err(|_| not_here())?;
        Ok(Self { id, headers, body: body.map_err(|rejection| not_read(&rejection))? })
    }

    async fn record<D>(
        self,
        may: May<D>,
        running: Running,
        what: &str,
        work: impl FnOnce(&Record, &May<D>, &Self, crate::record::once::Once) -> Result<Pending, Problem> + Send + 'static,
    ) -> Result<Response, Problem>
    where
        D: Send + Sync + 'static,
    {
        let route = format!("POST /v1/referrals/{}/{what}", self.id);
        let once = once(&self.headers, &may.permit, &route, &self.body)?;
        let (record, only) = (Arc::clone(&may.record), may.permit.only().map(str::to_owned));
        running.once(record, once, only, move |record| work(record, &may, &self, once)).await
    }
}

/// Record that the referrer or the family was told what was decided, or is not, and why
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/letters",
    tag = "referrals",
    request_body(content = Letter, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each letter"),
    ),
    responses(
        (status = 201, description = "On disk; nothing is sent from here", body = DecisionRecorded),
        (status = 404, description = "No such decision within reach", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "What is missing, or unsafe", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn tell(
    may: May<Tell>,
    Extension(rules): Extension<Arc<RuleSet>>,
    Extension(running): Extension<Running>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let about = About::read(id, headers, body)?;
    about
        .record(may, running, "letters", move |record, may, about, once| {
            let letter = read_strictly(&about.body)?;
            record.tell(&may.permit, &about.id, &rules, letter, once, now()).map_err(Problem::record)
        })
        .await
}

/// Disagree with a decision
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/disagreements",
    tag = "referrals",
    request_body(content = Disagrees, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each disagreement"),
    ),
    responses(
        (status = 201, description = "On disk; the first stage is answered in the time that the rules give", body = DecisionRecorded),
        (status = 404, description = "No such decision within reach", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every fault at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn disagree(
    may: May<Disagree>,
    Extension(running): Extension<Running>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let about = About::read(id, headers, body)?;
    about
        .record(may, running, "disagreements", move |record, may, about, once| {
            let disagrees: Disagrees = read_strictly(&about.body)?;
            record.disagree(&may.permit, &about.id, disagrees, once, now()).map_err(Problem::record)
        })
        .await
}

/// Answer a disagreement at its stage
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/disagreements/{disagreement}/answers",
    tag = "referrals",
    request_body(content = Answers, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("disagreement" = String, Path, description = "The disagreement's id"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each answer"),
    ),
    responses(
        (status = 201, description = "On disk; where it is upheld, the decision is to be taken again", body = DecisionRecorded),
        (status = 404, description = "No such disagreement within reach", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not this person's to answer, or every fault", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn answer(
    may: May<Decide>,
    Extension(running): Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path((id, disagreement)) = path.map_err(|_| not_here())?;
    let about = About::read(Ok(Path(id)), headers, body)?;
    let what = format!("disagreements/{disagreement}/answers");
    about
        .record(may, running, &what, move |record, may, about, once| {
            let answers: Answers = read_strictly(&about.body)?;
            let answered = record.answer_disagreement(&may.permit, &about.id, &disagreement, answers, once, now());
            answered.map_err(Problem::record)
        })
        .await
}

/// Take a disagreement to its next stage
#[utoipa::path(
    post,
    path = "/v1/referrals/{id}/disagreements/{disagreement}/further",
    tag = "referrals",
    request_body(content = GoesOn, content_type = "application/json"),
    params(
        ("id" = String, Path, description = "The id or the spoken reference"),
        ("disagreement" = String, Path, description = "The disagreement's id"),
        ("Idempotency-Key" = String, Header, description = "Drawn anew for each stage"),
    ),
    responses(
        (status = 201, description = "On disk; the next stage is answered in the time that the rules give", body = DecisionRecorded),
        (status = 404, description = "No such disagreement within reach", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Its stage is still open, or it was the last", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn take_further(
    may: May<Disagree>,
    Extension(running): Extension<Running>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Path((id, disagreement)) = path.map_err(|_| not_here())?;
    let about = About::read(Ok(Path(id)), headers, body)?;
    let what = format!("disagreements/{disagreement}/further");
    about
        .record(may, running, &what, move |record, may, about, once| {
            let goes_on: GoesOn = read_strictly(&about.body)?;
            let gone = record.take_disagreement_further(&may.permit, &about.id, &disagreement, goes_on, once, now());
            gone.map_err(Problem::record)
        })
        .await
}
