//! The start page: danger first, then the ways in.

use super::asked::{Answered, Asked};

pub(super) fn page(asked: &Asked) -> Answered {
    let framework = asked.rules.framework();
    asked.page("start.html", "Start", view! { title => framework.title, about => framework.about })
}
