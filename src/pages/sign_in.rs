//! Signing in and out.

use super::asked::{Answer, Answered, Asked, Refused, Who};
use super::provider::{Provider, ProviderError};
use crate::access::{DEMONSTRATION, Operation, demonstration, permit};
use crate::decision::Actor;

/// Where to go on, if that is a page of ours.
fn to(asked: &Asked) -> &str {
    let wanted = asked.entered.one("to").or_else(|| asked.query.one("to")).unwrap_or("/");
    if is_ours(wanted) { wanted } else { "/" }
}

/// Whether it is a plain path of this service, and no way to another.
fn is_ours(to: &str) -> bool {
    to.starts_with('/')
        && !to.starts_with("//")
        && to.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte))
}

pub(super) fn page(asked: &Asked) -> Answered {
    let people: Vec<_> = DEMONSTRATION
        .iter()
        .filter(|(_, _, role, _)| *role != crate::decision::Role::PartnerSystem)
        .map(|(id, name, _, organisation)| view! { id, name, organisation })
        .collect();
    let has_failed = asked.query.one("failed").is_some();
    let partners: Vec<_> = asked.front.partners.iter().filter_map(Provider::partner).collect();
    let partners: Vec<_> = partners.iter().map(|partner| view! { id => partner.id, title => partner.title }).collect();
    let has_break_glass = asked.front.break_glass.is_some();
    let page = view! { people, partners, has_break_glass, is_demonstration => asked.front.is_demonstration(), has_failed, to => to(asked), kept => asked.query.one("kept").unwrap_or_default() };
    asked.page("sign_in.html", if has_failed { "Error: Sign in" } else { "Sign in" }, page)
}

/// In the demonstration: be one of the invented.
pub(super) fn be_somebody(asked: &Asked) -> Answered {
    if !asked.front.is_demonstration() {
        return Err(Refused::NotFound);
    }
    let actor = asked.entered.one("who").and_then(demonstration).ok_or(Refused::Forged)?;
    enter(asked, actor, to(asked))
}

/// The council's own provider, or a partner's by its short name.
fn provider<'a>(asked: &'a Asked, name: &str) -> Result<&'a Provider, Refused> {
    let front = &asked.front;
    front.provider.iter().chain(&front.partners).find(|provider| provider.name() == name).ok_or(Refused::NotFound)
}

/// Goes to the identity provider.
pub(super) fn begin(asked: &Asked) -> Answered {
    let provider = provider(asked, asked.query.one("with").unwrap_or_default())?;
    match provider.begin(to(asked), asked.now) {
        Ok(begun) => Ok(Answer::Away(begun.away, begun.cookie)),
        Err(error) => failed(&error),
    }
}

/// Comes back from the identity provider.
pub(super) fn come_back(asked: &Asked) -> Answered {
    let provider = provider(asked, asked.part("provider"))?;
    let (state, code) = (asked.query.one("state").unwrap_or_default(), asked.query.one("code").unwrap_or_default());
    match provider.end(asked.sign_in.as_deref().unwrap_or_default(), state, code, asked.now) {
        Ok((actor, to)) => enter(asked, actor, if is_ours(&to) { &to } else { "/" }),
        Err(error) => failed(&error),
    }
}

fn failed(error: &ProviderError) -> Answered {
    // Its text names no person and holds no token.
    tracing::warn!(event = "sign_in_failed", %error, "somebody could not sign in");
    Ok(Answer::SeeOther("/sign-in?failed=yes".to_owned()))
}

/// Begins a session of somebody whom a provider knows.
fn enter(asked: &Asked, actor: Actor, to: &str) -> Answered {
    // Those of the demonstration are known without it.
    if !asked.front.is_demonstration() {
        asked.record()?.note_person(&actor, asked.now)?;
    }
    begin_session(asked, actor, to)
}

/// Begins a session; whoever was signed in here before is signed out.
pub(super) fn begin_session(asked: &Asked, actor: Actor, to: &str) -> Answered {
    let record = asked.record()?;
    if let Some(visitor) = &asked.visitor {
        record.end_session(&visitor.secret)?;
    }
    let to = if to == "/" { home(&actor) } else { to };
    let secret = record.begin_session(&Who::SignedIn(actor.clone()), asked.now)?;
    tracing::info!(event = "signed_in", who = actor.id, role = actor.role.word(), "somebody signed in");
    Ok(Answer::Session(to.to_owned(), Some(secret)))
}

/// Where each role begins.
fn home(actor: &Actor) -> &'static str {
    let may = |operation| permit(actor.clone(), operation).is_some();
    match () {
        () if may(Operation::List) => "/worklist",
        () if may(Operation::FollowRules) => "/board",
        () => "/",
    }
}

pub(super) fn end(asked: &Asked) -> Answered {
    if let Some(visitor) = &asked.visitor {
        asked.record()?.end_session(&visitor.secret)?;
        tracing::info!(event = "signed_out", "somebody signed out");
    }
    Ok(Answer::Session("/".to_owned(), None))
}
