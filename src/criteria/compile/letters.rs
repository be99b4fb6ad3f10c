//! What families are told, and the stages of a disagreement.

use super::compiler::Compiler;
use crate::criteria::rule_set::Letters;
use crate::diagnostic::Diagnostic;

impl<'d> Compiler<'d, '_> {
    pub(super) fn letters(&mut self) -> Letters {
        let draft = self.draft;
        let mut letters = Letters::default();
        letters.levels.resize(usize::from(self.highest), String::new());
        for placed in &draft.level_words {
            let rank = self.rank(placed.value.rank, &placed.entry, &["rank".into()]);
            let Some(says) = usize::from(rank).checked_sub(1).and_then(|place| letters.levels.get_mut(place)) else {
                continue;
            };
            if !says.is_empty() {
                let problem = Diagnostic::error("duplicate-id", format!("level {rank} is worded twice"));
                self.tell(problem.at(placed.place(&["rank".into()])));
            }
            says.clone_from(&placed.value.says);
        }
        let unworded = letters.levels.iter().position(String::is_empty);
        if let (Some(head), Some(place)) = (&draft.letters, unworded) {
            let message = format!("no words tell a family what level {} means", place + 1);
            let problem = Diagnostic::error("missing-key", message).at(Some(head.entry.key_place(&[], "levels")));
            self.tell(problem.help(format!("add `- {{ rank: {}, says: \"...\" }}`", place + 1)));
        }
        for placed in &draft.need_words {
            let Some(fact) = self.fact(&placed.value.fact, &placed.entry, &["fact".into()]) else { continue };
            let says = placed.value.says.clone();
            if letters.needs.insert(fact, says).is_some() {
                let message = format!("fact `{}` is worded twice", placed.value.fact);
                self.tell(Diagnostic::error("duplicate-id", message).at(placed.place(&["fact".into()])));
            }
        }
        for (place, placed) in draft.stages.iter().enumerate() {
            let stage = &placed.value;
            if letters.disagreement.iter().any(|other| other.id == stage.id) {
                let message = format!("stage `{}` is listed twice", stage.id);
                self.tell(Diagnostic::error("duplicate-id", message).at(placed.place(&["id".into()])));
            }
            let asks_again = draft.stages.get(place.wrapping_sub(1)).map(|before| before.value.answered_by);
            if asks_again.is_some_and(|before| before > stage.answered_by) {
                let message = format!("stage `{}` is answered nearer to the decision than the one before", stage.id);
                let problem = Diagnostic::error("levels-out-of-order", message);
                self.tell(problem.at(placed.place(&["answered_by".into()])).help("in order: decider, manager, named"));
            }
            letters.disagreement.push(stage.clone());
        }
        letters
    }
}
