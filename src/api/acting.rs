//! Who acts: the extractor through which every handler that records or reads what was recorded gets its permit.
//!
//! The record takes a permit with every request, and this is where permits come from: a handler without it does not
//! compile. Until identity providers and keys are there, only the invented people of the demonstration are known.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use super::problem::{Problem, ProblemType};
use super::request::Demonstration;
use crate::access::{DEMONSTRATION, Operation, Permit, demonstration, permit};
use crate::record::Record;

/// What a handler does.
pub(super) trait Does {
    /// The operation of the table.
    const OPERATION: Operation;
}

macro_rules! does {
    ($($(#[$about:meta])* $name:ident),*) => {
        $($(#[$about])* pub(super) struct $name;
        impl Does for $name {
            const OPERATION: Operation = Operation::$name;
        })*
    };
}

does!(
    /// Records a referral.
    Refer,
    /// Adds what became known.
    Inform,
    /// Reads what was said, indicated and decided.
    Read,
    /// Lists referrals.
    List,
    /// Decides, or confirms.
    Decide,
    /// Accepts what was handed over.
    Accept,
    /// Looks up earlier referrals.
    LookUp,
    /// Tells the referrer and the family.
    Tell,
    /// Disagrees with a decision.
    Disagree,
    /// Receives files of notifications.
    ReceiveBatch,
    /// Deals with rows that could not be mapped.
    DealWithRow,
    /// Reads the logs' entries.
    Audit,
    /// Reads checkpoints, hashes and proofs.
    Prove,
    /// Takes transfers from other authorities.
    Transfer
);

/// The record, in the hands of somebody who may do this to it.
pub(super) struct May<D> {
    /// That they may.
    pub permit: Permit,
    /// The record.
    pub record: Arc<Record>,
    does: PhantomData<D>,
}

impl<D: Does, S: Sync> FromRequestParts<S> for May<D> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if parts.extensions.get::<Demonstration>().is_none() {
            let detail = "partners' systems cannot be identified here yet; their people sign in at /sign-in";
            return Err(Problem::new(ProblemType::NotIdentified, detail));
        }
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let actor = given.strip_prefix("Bearer demonstration-").and_then(demonstration).ok_or_else(|| {
            let known: Vec<&str> = DEMONSTRATION.iter().map(|(id, ..)| *id).collect();
            let detail =
                format!("send `Authorization: Bearer demonstration-WHO`; the demonstration knows {}", known.join(", "));
            Problem::new(ProblemType::NotIdentified, detail)
        })?;
        let role = actor.role.word();
        let permit = permit(actor, D::OPERATION)
            .ok_or_else(|| Problem::new(ProblemType::NotPermitted, format!("this is not for the role `{role}`")))?;
        let record = parts.extensions.get::<Arc<Record>>().cloned();
        let record = record.ok_or_else(|| Problem::new(ProblemType::NotRecorded, "no record is kept here"))?;
        Ok(Self { permit, record, does: PhantomData })
    }
}
