//! Who referred, as far as another authority is told: a professional by name, and of anybody else who has the name.

use crate::criteria::RuleSet;
use crate::referral::received::{Referrer, is_of_an_agency};

/// Who referred. A neighbour gave their name to this authority and to nobody else, and a role may tell who it was.
pub(super) fn referred_by(rules: &RuleSet, referrer: &Referrer) -> String {
    let Referrer { name, role, contact, organisation, .. } = referrer;
    if !is_professional(rules, referrer) {
        return format!("somebody whose name stays there, {organisation}");
    }
    let told = [name, role, contact].into_iter().flatten().chain([organisation]);
    told.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Whether a professional referred: something says so, and nothing says otherwise.
fn is_professional(rules: &RuleSet, referrer: &Referrer) -> bool {
    let agency = referrer.agency.as_ref().map(|id| {
        let listed = rules.framework().agencies.iter().find(|one| one.id == *id);
        listed.is_some_and(|one| !one.public && one.source_codes.iter().all(|code| is_of_an_agency(code)))
    });
    let code = referrer.source_code.as_deref().map(is_of_an_agency);
    !referrer.anonymous && [agency, code].contains(&Some(true)) && ![agency, code].contains(&Some(false))
}
