//! What figures are of: a month, and the words and settings that they are told in.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::criteria::{Indicator, RuleSet};

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month that a day lies in.
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// A month as it is written, as `2026-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 7 && text.as_bytes()[4] == b'-';
        format!("{text}-01").parse().ok().filter(|_| is_plain).map(Self)
    }

    /// So many months before it.
    pub fn before(self, months: i32) -> Self {
        Self(self.0.saturating_sub(months.months()))
    }

    /// Whether a day lies in it.
    pub fn has(self, day: Date) -> bool {
        day.first_of_month() == self.0
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.0.last_of_month()
    }

    /// As people say it.
    pub fn says(self) -> String {
        self.0.strftime("%B %Y").to_string()
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m"))
    }
}

/// What figures need to know beside the children.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Counts from one to so many are not told.
    pub small: u64,
    /// Each kind of agency with its name.
    pub agencies: Vec<(String, String)>,
    /// The names of the levels, from 1.
    pub levels: Vec<String>,
    /// Every question whose answers give something, and every criterion.
    pub criteria: Vec<String>,
    /// What facts ask, and what criteria say, by id.
    pub names: BTreeMap<String, String>,
    /// Codes of reasons to decide higher, with what they mean.
    pub reasons_higher: Vec<(String, String)>,
    /// Codes of reasons to decide lower.
    pub reasons_lower: Vec<(String, String)>,
    /// From which day which version of the rules was in force.
    pub rules_from: Vec<(Date, String)>,
    /// How many contacts there were in all, where somebody said so.
    pub contacts: Option<u64>,
}

impl Terms {
    /// The words of a rule set.
    pub fn of(rules: &RuleSet, small: u64) -> Self {
        let framework = rules.framework();
        let codes = |id: &str| {
            let listed = framework.code_lists.iter().filter(|list| list.id == id).flat_map(|list| &list.codes);
            listed.map(|code| (code.code.clone(), code.means.clone())).collect()
        };
        let does = |fact: &&Indicator| fact.classes.iter().any(|class| !class.gives.is_nothing());
        let gives = rules.indicators().iter().filter(does).map(|fact| fact.id.clone());
        Self {
            small,
            agencies: framework.agencies.iter().map(|agency| (agency.id.clone(), agency.name.clone())).collect(),
            levels: rules.ladder().levels().iter().map(|level| format!("Level {}", level.rank)).collect(),
            criteria: gives.chain(rules.criteria().iter().map(|criterion| criterion.id.clone())).collect(),
            names: rules
                .indicators()
                .iter()
                .map(|fact| (fact.id.clone(), fact.ask.clone()))
                .chain(rules.criteria().iter().filter_map(|one| Some((one.id.clone(), one.says.clone()?))))
                .collect(),
            reasons_higher: codes("reasons_to_decide_higher"),
            reasons_lower: codes("reasons_to_decide_lower"),
            rules_from: Vec::new(),
            contacts: None,
        }
    }
}
