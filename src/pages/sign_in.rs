//! Signing in and out.


use super::asked::{Answer, Answered, Asked, Refused, Who};
use crate::access::{DEMONSTRATION, Operation, demonstration};
use crate::decision::Actor;

/// Where to go on, if that is a page of ours.
fn to(asked: &Asked) -> &str {
    let wanted = asked.entered.one("to").or_else(|| asked.query.one("to")).unwrap_or("/");
    let is_ours = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && wanted.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    if is_ours { wanted } else { "/" }
}

pub(super) fn page(asked: &Asked) -> Answered {
    let people: Vec<_> = DEMONSTRATION
        .iter()
        .filter(|(_, _, role, _)| *role != crate::decision::Role::PartnerSystem)
        .map(|(id, name, _, organisation)| view! { id, name, organisation })
        .collect();
    let page = view! { people, to => to(asked), is_kept => asked.query.one("kept") == Some("yes") };
    asked.page("sign_in.html", "Sign in", page)
}

pub(super) fn begin(asked: &Asked) -> Answered {
    let actor = asked.entered.one("who").and_then(demonstration).ok_or(Refused::Forged)?;
    enter(asked, actor, to(asked))
}

/// Begins a session; whoever was signed in here before is signed out.
fn enter(asked: &Asked, actor: Actor, to: &str) -> Answered {
    let record = asked.record()?;
    if let Some(visitor) = &asked.visitor {
        record.end_session(&visitor.secret)?;
    }
    let to = if to == "/" { home(&actor) } else { to };
    let secret = record.begin_session(&Who::SignedIn(actor.clone()), asked.now)?;
    Ok(Answer::Session(to.to_owned(), Some(secret)))
}

/// Where each role begins.
fn home(actor: &Actor) -> &'static str {
    if crate::access::permit(actor.clone(), Operation::List).is_some() { "/worklist" } else { "/" }
}

pub(super) fn end(asked: &Asked) -> Answered {
    if let Some(visitor) = &asked.visitor {
        asked.record()?.end_session(&visitor.secret)?;
    }
    Ok(Answer::Session("/".to_owned(), None))
}
