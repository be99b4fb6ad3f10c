//! Who acts: the extractor through which every handler that records or reads what was recorded gets its permit.
//!
//! The record takes a permit with every request, and this is where permits come from: a handler without it does not
//! compile. A partner's system is known by an API key or by an access token; the demonstration also knows invented
//! people.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};

use super::problem::{Problem, ProblemType};
use super::room::away;
use crate::access::address::Address;
use crate::access::tokens::NotTaken;
use crate::access::tries::Tries;
use crate::access::{Client, DEMONSTRATION, NotActing, Operation, Permit, demonstration, permit};
use crate::decision::{Actor, Role};
use crate::record::Record;
use crate::record::api_keys::ApiKey;
use crate::serving::{Serving, now};

/// For which of its organisations a client acts.
const ORGANISATION: HeaderName = HeaderName::from_static("windscreen-organisation");

/// The longest code of an organisation.
const MAX_ORGANISATION: usize = 200;

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
    Transfer,
    /// Reads proposed rules, and what was said of them.
    FollowRules,
    /// Writes rules and proposes them.
    ProposeRules
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
        let serving = serving(parts)?;
        let permit = permitted(known(parts, &serving).await?, D::OPERATION)?;
        let record = serving.record().cloned();
        let record = record.ok_or_else(|| Problem::new(ProblemType::NotRecorded, "no record is kept here"))?;
        Ok(Self { permit, record, does: PhantomData })
    }
}

/// That facts may be evaluated: by whoever may, and in the demonstration by anybody.
pub(super) struct MayEvaluate;

impl<S: Sync> FromRequestParts<S> for MayEvaluate {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let serving = serving(parts)?;
        organisation(parts)?;
        if serving.is_demonstration() && !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self);
        }
        permitted(known(parts, &serving).await?, Operation::Evaluate).map(|_| Self)
    }
}

fn serving(parts: &Parts) -> Result<Arc<Serving>, Problem> {
    parts.extensions.get().cloned().ok_or_else(Problem::internal)
}

fn permitted(actor: Actor, operation: Operation) -> Result<Permit, Problem> {
    let role = actor.role;
    permit(actor, operation).ok_or_else(|| not_permitted(role))
}

/// The refusal of somebody who asked, which whoever looks after security is told.
pub(super) fn not_permitted(role: Role) -> Problem {
    tracing::warn!(event = "not_permitted", role = role.word(), "somebody asked for what their role does not do");
    not_for(role)
}

pub(super) fn not_for(role: Role) -> Problem {
    Problem::new(ProblemType::NotPermitted, format!("this is not for the role `{}`", role.word()))
}

/// Who calls, and has not called too often.
async fn known(parts: &Parts, serving: &Arc<Serving>) -> Result<Actor, Problem> {
    let organisation = organisation(parts)?;
    let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
    let bearer = given.next().and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer")).map(|(_, token)| token.trim());
    let bearer = bearer.filter(|_| given.next().is_none()).ok_or_else(|| not_identified(how(serving)))?;
    let actor = match bearer.strip_prefix("demonstration-").filter(|_| serving.is_demonstration()) {
        Some(who) => demonstration(who).ok_or_else(|| not_identified(how(serving)))?,
        None => acting(tried(serving, bearer, parts).await?, organisation)?,
    };
    match serving.quota().map(|quota| quota.take(&actor.id)) {
        Some(Err(wait)) => Err(called_too_often(wait)),
        _ => Ok(actor),
    }
}

/// Whose key or token it is, unless too many that are none were tried from where it comes from.
async fn tried(serving: &Arc<Serving>, bearer: &str, parts: &Parts) -> Result<Client, Problem> {
    let Some(tries) = serving.tries() else { return client(serving, bearer.to_owned()).await };
    // What reaches the routes in another way than over the server's sockets comes from this machine.
    let from = parts.extensions.get().copied().unwrap_or(Address::THIS_MACHINE);
    let sent = Tries::sent(bearer);
    tries.may_try(from, &sent).map_err(tried_too_often)?;
    let found = client(serving, bearer.to_owned()).await;
    match &found {
        Ok(_) => tries.was_taken(sent),
        Err(problem) if problem.kind == ProblemType::NotIdentified => tries.was_refused(&sent),
        // Nobody can tell now whether it is one.
        Err(_) => {}
    }
    found
}

/// A client has used up its quota.
pub(super) fn called_too_often(wait: Duration) -> Problem {
    too_often("this client has called too often", wait)
}

/// An address has tried too many credentials.
pub(super) fn tried_too_often(wait: Duration) -> Problem {
    too_often("too many keys and tokens that were not known here came from the address of this client", wait)
}

fn too_often(what: &str, wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    let detail = format!("{what}; send it again in {seconds} s, with the same `Idempotency-Key`");
    Problem { retry_after: Some(seconds), ..Problem::new(ProblemType::TooManyRequests, detail) }
}

/// Whose key or token it is.
async fn client(serving: &Arc<Serving>, bearer: String) -> Result<Client, Problem> {
    let serving = Arc::clone(serving);
    let found = away(move || match (ApiKey::sent(&bearer), serving.record(), serving.tokens()) {
        (Some(key), Some(record), _) => {
            let found = record.client_of(&key, now()).map_err(|error| {
                tracing::error!(%error, "a key could not be looked up");
                Problem::new(ProblemType::NotReached, "keys cannot be looked up here now; send it again in a moment")
            })?;
            found.ok_or_else(|| refused("this key is none, has ended or was revoked"))
        }
        (None, _, Some(tokens)) => tokens.client(&bearer, now()).map_err(|why| match why {
            NotTaken::NotBelieved(why) => refused(why),
            NotTaken::NotReached => {
                let detail = "the authorisation server's keys are not known here now; send it again in a moment";
                Problem::new(ProblemType::NotReached, detail)
            }
        }),
        _ => Err(not_identified(how(&serving))),
    });
    found.await?
}

/// The organisation that the caller names, if any: what is not one is refused whoever calls, and never passed over.
fn organisation(parts: &Parts) -> Result<Option<&str>, Problem> {
    let mut given = parts.headers.get_all(&ORGANISATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        let detail = format!("`{ORGANISATION}` is sent twice; for which of them cannot be told");
        return Err(Problem::new(ProblemType::BadRequest, detail));
    }
    let is_one =
        |text: &&str| (1..=MAX_ORGANISATION).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
    value.to_str().ok().filter(is_one).map(Some).ok_or_else(no_organisation)
}

pub(super) fn no_organisation() -> Problem {
    let detail = format!("`{ORGANISATION}` is the code of one organisation, such as urn:123456, or is left out");
    Problem::new(ProblemType::BadRequest, detail)
}

/// For which of its organisations a client acts.
fn acting(client: Client, organisation: Option<&str>) -> Result<Actor, Problem> {
    client.acting_for(organisation).map_err(|why| match why {
        NotActing::ForWhich => {
            let all = client.organisations.join(", ");
            let detail = format!("say for which organisation: send `{ORGANISATION}`, one of {all}");
            Problem::new(ProblemType::BadRequest, detail)
        }
        NotActing::ForAnother => {
            let detail = format!("this client does not act for the organisation in `{ORGANISATION}`");
            Problem::new(ProblemType::NotPermitted, detail)
        }
    })
}

/// How whoever calls is known here.
fn how(serving: &Serving) -> String {
    let ways = match (serving.is_demonstration(), serving.tokens()) {
        (true, _) => {
            let known: Vec<&str> = DEMONSTRATION.iter().map(|(id, ..)| *id).collect();
            let known = known.join(", ");
            return format!("send `Authorization: Bearer demonstration-WHO`; the demonstration knows {known}");
        }
        (false, Some(_)) => "an API key or an access token",
        (false, None) => BY_KEY,
    };
    send_bearer(ways)
}

const BY_KEY: &str = "an API key";

/// What is answered to whoever names nobody, where keys alone are taken.
pub(super) fn nobody() -> Problem {
    not_identified(send_bearer(BY_KEY))
}

fn send_bearer(ways: &str) -> String {
    format!("send `Authorization: Bearer` with {ways}; people sign in at /sign-in")
}

fn not_identified(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemType::NotIdentified, detail)
}

/// What was sent is not taken; the operator sees why, and nobody sees what it was.
fn refused(why: &str) -> Problem {
    tracing::warn!(event = "credentials_refused", why, "credentials were not taken");
    not_identified(format!("what stands behind `Bearer` is not taken: {why}"))
}
