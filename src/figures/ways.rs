//! The ways in which children are counted.

use jiff::Unit;

use super::counted::{Channel, Counted, Feedback};
use super::pool::Order;
use super::table::Way;
use super::terms::Terms;
use crate::decision::{Outcome, View};
use crate::ladder::Rank;
use crate::referral::received::{Agreement, Disability, Ethnicity, Sex};
use crate::referral::{AGES, age_band};

/// Decided as the criteria indicated.
pub(super) const AS_INDICATED: &str = "As indicated";
const VIEWS: [(&str, View); 3] =
    [(AS_INDICATED, View::Agrees), ("Higher", View::DecidesHigher), ("Lower", View::DecidesLower)];
/// The same level, as the referrer thinks.
pub(super) const THE_SAME: &str = "The same";
/// Decided in time.
pub(super) const IN_TIME: &str = "By the end of the next working day";
/// Not referred again in a year.
pub(super) const NOT_AGAIN: &str = "Not within 12 months";
/// Early help was offered, and the family did not want it.
pub(super) const DECLINED: &str = "Early help, declined";

/// The kind of agency that referred.
pub(super) fn agencies(terms: &Terms) -> Way<'_> {
    let names = terms.agencies.iter().map(|(_, name)| name.clone()).chain(["Not said".to_owned()]);
    let of = |child: &Counted| terms.agencies.iter().position(|(id, _)| Some(id) == child.agency.as_ref());
    Way::new("Agency", names, Order::Unordered, move |child| of(child).unwrap_or(terms.agencies.len())).long()
}

/// The level that was decided.
pub(super) fn levels(terms: &Terms) -> Way<'_> {
    Way::new("Level decided", terms.levels.clone(), Order::Ordered, |child| {
        child.decided.as_ref().map_or(0, |decided| place(decided.level))
    })
}

/// The level that was indicated when it was received, or that it was not settled.
pub(super) fn indicated(terms: &Terms) -> Way<'_> {
    let levels = terms.levels.len();
    let labels = terms.levels.iter().cloned().chain([NOT_SETTLED.to_owned()]);
    Way::new("Indicated when received", labels, Order::Ordered, move |child| match child.indicated {
        (least, most) if least == most => place(least),
        _ => levels,
    })
}

/// More could change the level.
pub(super) const NOT_SETTLED: &str = "Not settled";

/// The least that was indicated to whoever decided.
pub(super) fn indicated_then(terms: &Terms) -> Way<'_> {
    Way::new("Indicated to the decider", terms.levels.clone(), Order::Ordered, |child| {
        child.decided.as_ref().map_or(0, |decided| place(decided.indicated.0))
    })
}

/// The referrer's level beside what was indicated.
pub(super) fn referrers_view() -> Way<'static> {
    let labels = ["Lower", THE_SAME, "Higher", "No view given"];
    Way::new("The referrer's view", labels, Order::Unordered, |child| match child.referrers_level {
        None => 3,
        Some(level) if level < child.indicated.0 => 0,
        Some(level) if level > child.indicated.1 => 2,
        Some(_) => 1,
    })
}

/// Decided beside what was indicated.
pub(super) fn views() -> Way<'static> {
    Way::new("Beside what was indicated", VIEWS.map(|(label, _)| label), Order::Unordered, |child| {
        let view = child.decided.as_ref().map(|decided| decided.view);
        VIEWS.iter().position(|(_, one)| Some(*one) == view).unwrap_or(0)
    })
}

/// What a view is called.
pub(super) fn called(view: View) -> &'static str {
    VIEWS.iter().find(|(_, one)| *one == view).map_or("", |(label, _)| label)
}

/// The listed reason.
pub(super) fn reasons(codes: &[(String, String)]) -> Way<'_> {
    let labels = codes.iter().map(|(_, means)| means.clone()).chain(["Another reason".to_owned()]);
    Way::new("Reason", labels, Order::Unordered, |child| {
        let code = child.decided.as_ref().and_then(|decided| decided.reason.as_ref());
        codes.iter().position(|(known, _)| Some(known) == code).unwrap_or(codes.len())
    })
}

/// How soon it was decided.
pub(super) fn time_to_decide() -> Way<'static> {
    Way::new("When", [IN_TIME, "Later"], Order::Unordered, |child| {
        usize::from(!child.decided.as_ref().is_some_and(|decided| decided.in_time))
    })
}

/// Whether the referrer was told.
pub(super) fn feedback() -> Way<'static> {
    let labels = Feedback::ALL.map(|(_, label)| label);
    Way::new("Feedback to the referrer", labels, Order::Unordered, |child| {
        let told = child.decided.as_ref().map(|decided| decided.told);
        Feedback::ALL.iter().position(|(one, _)| Some(*one) == told).unwrap_or(Feedback::ALL.len() - 1)
    })
}

/// Whether the child was referred again within a year of the decision.
pub(super) fn again_in_a_year() -> Way<'static> {
    let labels = ["Within 3 months", "Within 12 months", NOT_AGAIN];
    Way::new("Referred again", labels, Order::Ordered, |child| match again_after(child) {
        Some(months) if months < 3 => 0,
        Some(months) if months < 12 => 1,
        _ => 2,
    })
}

/// Whether the child was referred again soon.
pub(super) fn again_soon() -> Way<'static> {
    Way::new("Referred again", ["Within 3 months", "Not within 3 months"], Order::Unordered, |child| {
        usize::from(again_after(child).is_none_or(|months| months >= 3))
    })
}

/// Whether early help was decided, and what the family said of it.
pub(super) fn early_help() -> Way<'static> {
    let labels = ["Early help, and the family agrees", DECLINED, "Early help, not said", "Something else"];
    Way::new("What was decided", labels, Order::Unordered, |child| {
        let is_help = child.decided.as_ref().is_some_and(|decided| decided.outcome == Outcome::EarlyHelp);
        match child.agrees_to_help {
            _ if !is_help => 3,
            Some(Agreement::Yes) => 0,
            Some(Agreement::No) => 1,
            _ => 2,
        }
    })
}

/// The bands of the children in need census.
pub(super) fn ages() -> Way<'static> {
    Way::new("Age", AGES, Order::Ordered, |child| age_band(child.age_in_months))
}

/// For monitoring.
pub(super) fn sexes() -> Way<'static> {
    Way::new("Sex", ["Female", "Male", "Not known"], Order::Unordered, |child| match child.sex {
        Some(Sex::Female) => 0,
        Some(Sex::Male) => 1,
        _ => 2,
    })
}

/// For monitoring.
pub(super) fn ethnicities() -> Way<'static> {
    let labels = ["Asian", "Black", "Mixed", "White", "Another group", "Not known"];
    Way::new("Ethnic group", labels, Order::Unordered, |child| match child.ethnicity {
        Some(Ethnicity::Asian) => 0,
        Some(Ethnicity::Black) => 1,
        Some(Ethnicity::Mixed) => 2,
        Some(Ethnicity::White) => 3,
        Some(Ethnicity::Other) => 4,
        _ => 5,
    })
}

/// For monitoring.
pub(super) fn disabilities() -> Way<'static> {
    Way::new("Disability", ["Disabled", "Not disabled", "Not known"], Order::Unordered, |child| {
        match child.disability {
            Some(Disability::Yes) => 0,
            Some(Disability::No) => 1,
            _ => 2,
        }
    })
}

/// How it came.
pub(super) fn channels() -> Way<'static> {
    Way::new("Channel", Channel::ALL.map(|(_, label)| label), Order::Unordered, |child| {
        Channel::ALL.iter().position(|(one, _)| *one == child.channel).unwrap_or(0)
    })
}

fn place(rank: Rank) -> usize {
    usize::from(rank).saturating_sub(1)
}

/// After how many whole months the child came again since it was decided.
fn again_after(child: &Counted) -> Option<i32> {
    let on = child.decided.as_ref()?.on;
    let span = on.until((Unit::Month, child.came_again?)).ok()?;
    Some(span.get_months())
}
