//! What a board wants to be certain of, and what it has accepted.

use super::compiler::Compiler;
use crate::criteria::rule_set::{Guarantee, Guarantees, NeedSet};
use crate::diagnostic::Diagnostic;

impl<'d> Compiler<'d, '_> {
    pub(super) fn guarantees(&mut self) -> Guarantees {
        let draft = self.draft;
        let mut guarantees = Vec::new();
        // A guarantee asks about referrals as they come, so it may look away from concern, as a gate may.
        self.in_gate = true;
        for placed in &draft.guarantees {
            let (value, entry) = (&placed.value, &placed.entry);
            if value.at_least.is_none() && value.at_most.is_none() {
                let message = format!("guarantee `{}` promises no level", value.id);
                let problem = Diagnostic::error("missing-key", message).at(placed.place(&["id".into()]));
                self.tell(problem.help("write `at_least: N` or `at_most: N`"));
            }
            let mut rank = |rank: Option<u8>, key: &'static str| rank.map(|rank| self.rank(rank, entry, &[key.into()]));
            let (at_least, at_most) = (rank(value.at_least, "at_least"), rank(value.at_most, "at_most"));
            let mut when = value.when.as_ref().map(|when| self.condition(when, entry, &["when".into()]));
            if let Some(when) = &mut when {
                let tested: NeedSet = self.reads_of(when).iter().map(|fact| self.indicators[fact].need).collect();
                when.leave_out_beside(&tested);
            }
            let only = self.list(&value.only, entry, &["only".into()], Self::fact);
            guarantees.push(Guarantee {
                id: value.id.clone(),
                says: value.says.clone(),
                when,
                only: (!value.only.is_empty()).then_some(only),
                at_least,
                at_most,
            });
        }
        self.in_gate = false;
        let expected = draft.expected.iter().map(|placed| placed.value.clone()).collect();
        Guarantees { guarantees, expected }
    }
}
