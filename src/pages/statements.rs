//! What the law asks every public service to say: accessibility, privacy, cookies.

use super::asked::{Answered, Asked};
use super::edge::{SESSION, SIGN_IN, cookie_name};
use super::provider::SIGN_IN_WITHIN;
use crate::record::drafts::DRAFT_KEPT_DAYS;
use crate::record::sessions::{AT_MOST, IDLE};

pub(super) fn accessibility(asked: &Asked) -> Answered {
    asked.page("accessibility.html", "Accessibility statement", view! {})
}

pub(super) fn privacy(asked: &Asked) -> Answered {
    asked.page("privacy.html", "Privacy notice", view! { draft_days => DRAFT_KEPT_DAYS })
}

pub(super) fn cookies(asked: &Asked) -> Answered {
    let name = |name| cookie_name(&asked.front, name);
    let page = view! { session => name(SESSION), sign_in => name(SIGN_IN), sign_in_minutes => SIGN_IN_WITHIN.as_mins(), idle_minutes => IDLE.as_mins(), hours => AT_MOST.as_hours() };
    asked.page("cookies.html", "Cookies", page)
}
