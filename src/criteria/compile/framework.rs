//! The framework file besides its ladder, and the list of actions.

use super::compiler::Compiler;
use crate::calendar::Calendar;
use crate::criteria::entries::ChildFacts;
use crate::criteria::rule_set::{Action, Consideration, Framework};
use crate::diagnostic::Diagnostic;

impl<'d> Compiler<'d, '_> {
    pub(super) fn actions(&mut self) -> (Vec<Action>, Vec<Consideration>) {
        let draft = self.draft;
        let actions = draft.actions.iter().map(|placed| Action {
            id: placed.value.id.clone(),
            says: placed.value.says.clone(),
            within: placed.value.within,
            clock: placed.value.clock,
            source: placed.value.source.clone(),
        });
        let considerations = draft.considerations.iter().map(|placed| Consideration {
            id: placed.value.id.clone(),
            says: placed.value.says.clone(),
            until_level: self.rank(placed.value.until_level, &placed.entry, &["until_level".into()]),
        });
        (actions.collect(), considerations.collect())
    }

    pub(super) fn framework(&mut self) -> Option<Framework> {
        let placed = &self.draft.framework;
        let (value, entry) = (placed.value.clone(), &placed.entry);
        for (index, level) in self.draft.levels.iter().enumerate() {
            debug_assert_eq!(usize::from(level.value.rank), index + 1, "the ladder was made from these");
            self.list(&level.value.actions, &level.entry, &["actions".into()], Self::action);
        }
        self.list(&value.while_unsettled.actions, entry, &["while_unsettled".into(), "actions".into()], Self::action);
        if let Some(below) = &value.below {
            self.rank(below.rank, entry, &["below".into(), "rank".into()]);
        }
        let ChildFacts { age_in_months, unborn, gestation_in_weeks } = &value.child;
        let named = [("age_in_months", age_in_months), ("unborn", unborn), ("gestation_in_weeks", gestation_in_weeks)];
        for (key, fact) in named {
            if let Some(fact) = fact {
                self.fact(fact, entry, &["child".into(), key.into()]);
            }
        }
        let out_of_hours =
            self.action(&value.office_hours.otherwise, entry, &["office_hours".into(), "otherwise".into()]);
        let Some(calendar) = Calendar::new(&value.office_hours) else {
            let message = "office hours open before they close, on the same day";
            let place = entry.place(&["office_hours".into(), "from".into()]);
            self.tell(Diagnostic::error("impossible-range", message).at(Some(place)));
            return None;
        };
        Some(Framework {
            title: value.title,
            about: value.about,
            in_force: value.in_force,
            while_unsettled: value.while_unsettled,
            below: value.below,
            always_say: value.always_say,
            calendar,
            out_of_hours: out_of_hours?,
            child: value.child,
            agencies: value.agencies,
            sources: value.sources,
            timescales: self.draft.timescales.iter().map(|timescale| timescale.value.clone()).collect(),
            code_lists: self.draft.code_lists.iter().map(|list| list.value.clone()).collect(),
            statutory_partners: value.statutory_partners,
            rule_changes: value.rule_changes,
            never_facts: value.never_facts,
        })
    }
}
