//! Signing in with a break-glass account, and what the board sees of it.

use axum::http::StatusCode;
use serde_json::Value;

use super::asked::{Answered, Asked, Refused};
use super::sign_in::begin_session;
use crate::access::break_glass::{BreakGlass, MAX_NAME, Used, Why};
use crate::decision::Role;
use crate::metrics;

/// What may be wrong with what was entered.
const NO_NAME: (&str, &str) = ("name", "Enter your name");
const LONG_NAME: (&str, &str) = ("name", "Enter a shorter name");
const NO_WHY: (&str, &str) = ("why", "Say why you cannot sign in as usual");
const NO_ACCOUNT: (&str, &str) =
    ("secret", "Enter the secret as it stands on the paper: this is none that is known here");

fn accounts(asked: &Asked) -> Result<&BreakGlass, Refused> {
    asked.front.break_glass.as_ref().ok_or(Refused::NotFound)
}

pub(super) fn page(asked: &Asked) -> Answered {
    accounts(asked)?;
    show(asked, &[])
}

fn show(asked: &Asked, faults: &[(&str, &str)]) -> Answered {
    let reasons: Vec<Value> = Why::ALL
        .map(|why| view! { value => why.word(), text => why.in_words(), chosen => asked.entered.one("why") == Some(why.word()) })
        .into();
    // Never the secret.
    let name = asked.entered.one("name").unwrap_or_default();
    let faults: Vec<Value> = faults.iter().map(|(of, text)| view! { of, text }).collect();
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = "Sign in with a break-glass account";
    let title = if faults.is_empty() { title.to_owned() } else { format!("Error: {title}") };
    asked.page_as(status, "break_glass.html", &title, view! { reasons, name, faults })
}

/// Records that it was used, tells the board, and lets them in, in this order.
pub(super) fn enter(asked: &Asked) -> Answered {
    let accounts = accounts(asked)?;
    let entered = |field: &str| asked.entered.one(field).unwrap_or_default().trim();
    let (name, why) = (entered("name"), Why::named(entered("why")));
    let account = accounts.account(entered("secret"));
    let mut faults = Vec::new();
    if name.is_empty() {
        faults.push(NO_NAME);
    } else if name.len() > MAX_NAME || name.chars().any(char::is_control) {
        faults.push(LONG_NAME);
    }
    if why.is_none() {
        faults.push(NO_WHY);
    }
    if account.is_none() {
        tracing::warn!(event = "break_glass_refused", "a secret of no break-glass account was entered");
        faults.push(NO_ACCOUNT);
    }
    let (Some(account), Some(why), []) = (account, why, faults.as_slice()) else { return show(asked, &faults) };
    let used = Used { account, name, why, at: asked.now };
    asked.record()?.note_break_glass(&used)?;
    metrics::break_glass();
    let (who, role) = (account.id.as_str(), account.role.word());
    tracing::warn!(
        event = "break_glass_used",
        who,
        says = name,
        role,
        why = why.word(),
        "somebody signed in with a break-glass account"
    );
    if let Err(error) = accounts.tell(&used) {
        // They are let in all the same: a child may wait. The record and the numbers say it, and this line.
        tracing::error!(event = "board_not_told", %error, "the board was not told that a break-glass account was used");
    }
    begin_session(asked, account.actor(name), "/")
}

/// What the board sees: every use, the last first.
pub(super) fn uses(asked: &Asked) -> Result<Vec<Value>, Refused> {
    let uses = asked.record()?.list_break_glass()?;
    let london =
        |at: jiff::Timestamp| at.in_tz("Europe/London").map(|at| at.strftime("%-d %B %Y at %H:%M").to_string());
    let shown = uses.into_iter().map(|one| {
        let role = one.role.map_or("not known", Role::word).replace('_', " ");
        let why = one.why.map_or("Not known", Why::in_words);
        view! { at => london(one.at).unwrap_or_else(|_| one.at.to_string()), account => one.account, role, why }
    });
    Ok(shown.collect())
}
