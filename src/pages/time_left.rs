//! When somebody is signed out, in a frame at the foot of each page: it loads itself again when time runs short, so that
//! the warning comes without a script.

use super::asked::{Answer, Answered, Asked};
use super::edge::TIME_LEFT;
use super::look::time_of_day;

/// How long before the end the warning comes: time to finish a sentence on the telephone.
const WARNS_BEFORE_S: i64 = 5 * 60;
/// Once nobody is signed in there is nothing more to say soon.
const LATER_S: i64 = 60 * 60;

pub(super) fn page(asked: &Asked) -> Answered {
    let left = asked.visitor.as_ref().map(|visitor| visitor.until.as_second() - asked.now.as_second());
    let again_in = match left {
        None => LATER_S,
        Some(left) if left > WARNS_BEFORE_S => left - WARNS_BEFORE_S,
        // A second past the end it is over.
        Some(left) => left + 1,
    };
    let page = view! {
        styles => asked.front.look.styles_hash(),
        until => asked.visitor.as_ref().map(|visitor| time_of_day(visitor.until)),
        token => asked.visitor.as_ref().map(|visitor| visitor.secret.form_token()),
        is_short => left.is_some_and(|left| left <= WARNS_BEFORE_S),
    };
    Ok(Answer::Frame(again_in, asked.front.look.render("time_left.html", view! { page })?))
}

/// To ask for more time is to be there: what stands before every page has given it.
pub(super) fn stay(_: &Asked) -> Answered {
    Ok(Answer::SeeOther(TIME_LEFT.to_owned()))
}
