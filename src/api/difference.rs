//! `GET /v1/rule-sets/{old}/diff/{new}`: what a change of rules does to children, and what was edited.

use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};

use super::problem::{Problem, ProblemType};
use super::room::away_to_compare;
use super::rule_sets::of_digest;
use crate::criteria::RuleSet;
use crate::proof::{Census, Difference, Pair, Tally};
use crate::serving::Serving;

/// How many answers the referrals have that are counted here: some ten thousands of referrals, which take a fraction of
/// a second on one core. A larger census is taken at the terminal.
const COUNTED: usize = 2;

/// What a change of rules does
///
/// Whether any child is answered at another level, and whether any is answered lower, of every possible referral; each
/// movement with the smallest referral that moves so, which is invented; what was edited, in sentences; and a census of
/// all referrals with at most two answers. What the budget did not suffice to decide is listed, and never told as none.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{old}/diff/{new}",
    tag = "rule sets",
    params(
        ("old" = String, Path, description = "The digest of the earlier rule set, with or without `sha256:`"),
        ("new" = String, Path, description = "The digest of the later rule set, with or without `sha256:`"),
    ),
    responses(
        (status = 200, description = "What differs, and what that does", body = Difference),
        (status = 404, description = "No such rule set here", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read(
    Extension(serving): Extension<Arc<Serving>>,
    Extension(rules): Extension<Arc<RuleSet>>,
    digests: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let none = |_| Problem::new(ProblemType::NotFound, "no rule set with that digest is known here");
    let Path((old, new)) = digests.map_err(none)?;
    let old = of_digest(Arc::clone(&serving), Arc::clone(&rules), Ok(Path(old))).await?;
    let new = of_digest(serving, rules, Ok(Path(new))).await?;
    let compare = move || {
        let pair = Pair::of(&old, &new);
        let census = Census::of(&pair, COUNTED);
        let tally = (0..census.parts()).map(|part| census.part(part)).fold(Tally::default(), Tally::and);
        Difference::of(&pair, Some((&census, &tally)))
    };
    let difference = away_to_compare(compare).await?.map_err(|disagreement| {
        tracing::error!(%disagreement, "two rule sets could not be compared");
        Problem::internal()
    })?;
    Ok(axum::Json(difference).into_response())
}
