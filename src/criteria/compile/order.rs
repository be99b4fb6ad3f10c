//! The order of evaluation: each criterion after those it names, and those that look at needs last.

use super::compiler::Compiler;
use super::conditions;
use crate::criteria::rule_set::CriterionIndex;
use crate::diagnostic::Diagnostic;

/// The order in which criteria are evaluated.
#[derive(Default)]
pub(super) struct Order {
    /// Places in file order, in order of evaluation.
    pub(super) files: Vec<usize>,
    /// Per place in file order, the order of evaluation.
    pub(super) index: Vec<CriterionIndex>,
}

impl<'d> Compiler<'d, '_> {
    /// Sorts criteria so that each stands after those it names; those that look at needs come last.
    pub(super) fn order_of_evaluation(&mut self) -> Option<Order> {
        let entries: Vec<_> = self.draft.criteria().map(|(_, criterion)| criterion).collect();
        let named: Vec<Vec<usize>> = entries
            .iter()
            .map(|criterion| {
                let mut ids = Vec::new();
                conditions::names_in(&criterion.value.when, &mut ids);
                ids.iter().filter_map(|id| self.names.criteria.get(id).copied()).collect()
            })
            .collect();
        let mut state = vec![Visit::Not; entries.len()];
        let mut sorted = Vec::new();
        for index in 0..entries.len() {
            if let Err(cycle) = visit(index, &named, &mut state, &mut sorted) {
                let names: Vec<_> = cycle.iter().rev().map(|index| format!("`{}`", entries[*index].value.id)).collect();
                let message = format!("criteria name each other in a circle: {}", names.join(" needs "));
                let place = entries[cycle[0]].place(&["when".into()]);
                let help = "take the common part out into a criterion that names neither";
                self.tell(Diagnostic::error("cycle", message).at(place).help(help));
                return None;
            }
        }
        let mut looks_at_needs = vec![false; entries.len()];
        for &index in &sorted {
            looks_at_needs[index] = conditions::has_need(&entries[index].value.when)
                || named[index].iter().any(|named| looks_at_needs[*named]);
        }
        let (first, second): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|index| !looks_at_needs[*index]);
        let files: Vec<usize> = first.into_iter().chain(second).collect();
        let mut index = vec![0; files.len()];
        files.iter().enumerate().for_each(|(order, file)| index[*file] = order);
        Some(Order { files, index })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Not,
    Now,
    Done,
}

/// Depth first; a circle is returned as the places on it.
fn visit(index: usize, named: &[Vec<usize>], state: &mut [Visit], sorted: &mut Vec<usize>) -> Result<(), Vec<usize>> {
    match state[index] {
        Visit::Done => return Ok(()),
        Visit::Now => return Err(vec![index]),
        Visit::Not => state[index] = Visit::Now,
    }
    for &next in &named[index] {
        visit(next, named, state, sorted).map_err(|mut cycle| {
            let closed = cycle.len() > 1 && cycle.first() == cycle.last();
            if !closed {
                cycle.push(index);
            }
            cycle
        })?;
    }
    state[index] = Visit::Done;
    sorted.push(index);
    Ok(())
}
