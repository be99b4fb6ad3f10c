//! A circuit of conjunctions and negations, and the solver that looks for what makes a part of it true.
//!
//! A gate that is made twice is one gate, so that two versions of a rule set share whatever they have in common. The
//! solver's choices depend on nothing but the circuit, and its effort is counted in conflicts and never in time: the
//! same question has the same answer on every machine.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::{Certificate, Certified};
use batsat::{ClauseKind, Lit, Solver, SolverInterface, SolverOpts, Var, lbool};

/// Something that is true or false of a referral, or its opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Literal(Lit);

impl Literal {
    /// A number for each literal; of opposites, two that differ in the last bit.
    pub(super) fn index(self) -> usize {
        self.0.var().idx() as usize * 2 + usize::from(self.0.sign())
    }
}

impl std::ops::Not for Literal {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// What the solver found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing makes all of it true.
    Nothing,
    /// This does.
    Model(Model),
    /// The budget ran out before either was known.
    NotDecided,
}

/// A value for every literal of a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Model(Vec<bool>);

impl Model {
    pub fn is_true(&self, literal: Literal) -> bool {
        let value = self.0.get(literal.0.var().idx() as usize).copied().unwrap_or_default();
        value == literal.0.sign()
    }
}

/// Counts conflicts, and stops the solver at its limit; keeps what it learns for whoever follows it.
#[derive(Default)]
struct Effort {
    conflicts: u64,
    limit: u64,
    learnt: Option<Vec<Vec<Literal>>>,
}

impl batsat::Callbacks for Effort {
    fn on_new_clause(&mut self, clause: &[Lit], kind: ClauseKind) {
        if matches!(kind, ClauseKind::Learnt) {
            self.conflicts += 1;
            if let Some(learnt) = &mut self.learnt {
                learnt.push(clause.iter().copied().map(Literal).collect());
            }
        }
    }

    fn stop(&self) -> bool {
        self.conflicts >= self.limit
    }
}

/// Gates over free literals.
pub(super) struct Circuit {
    solver: Solver<Effort>,
    /// What is always true.
    truth: Literal,
    /// Every conjunction made, by its sorted parts.
    gates: BTreeMap<Vec<Literal>, Literal>,
    /// Where every proof is followed a second time.
    certificate: Option<Certificate>,
}

impl Circuit {
    pub fn new() -> Self {
        Self::of(None)
    }

    /// One whose proofs are followed a second time.
    pub fn certified() -> Self {
        Self::of(Some(Certificate::default()))
    }

    fn of(certificate: Option<Certificate>) -> Self {
        let learnt = certificate.as_ref().map(|_| Vec::new());
        let mut solver = Solver::new(SolverOpts::default(), Effort { learnt, ..Effort::default() });
        let truth = Literal(Lit::new(solver.new_var_default(), true));
        let mut circuit = Self { solver, truth, gates: BTreeMap::new(), certificate };
        circuit.require_any(&[truth]);
        circuit
    }

    /// What is always true, or always false.
    pub fn constant(&self, value: bool) -> Literal {
        if value { self.truth } else { !self.truth }
    }

    /// A free literal, and which value the solver tries first.
    pub fn free(&mut self, first: bool) -> Literal {
        self.variable(if first { lbool::TRUE } else { lbool::FALSE })
    }

    fn variable(&mut self, polarity: lbool) -> Literal {
        // Every variable is one that the solver may decide on: proofs of two copies take a hundred times as long without.
        Literal(Lit::new(self.solver.new_var(polarity, true), true))
    }

    /// Makes a fact of the circuit: at least one of these is true.
    pub fn require_any(&mut self, literals: &[Literal]) {
        if let Some(certificate) = &mut self.certificate {
            certificate.given(literals);
        }
        self.solver.add_clause_reuse(&mut literals.iter().map(|literal| literal.0).collect());
    }

    /// Whether all are true.
    pub fn all(&mut self, parts: impl IntoIterator<Item = Literal>) -> Literal {
        let mut parts: Vec<Literal> = parts.into_iter().filter(|part| *part != self.truth).collect();
        parts.sort_unstable();
        parts.dedup();
        // A literal and its opposite stand side by side in this order.
        if parts.contains(&!self.truth) || parts.windows(2).any(|pair| pair[0] == !pair[1]) {
            return !self.truth;
        }
        match parts.as_slice() {
            [] => return self.truth,
            [part] => return *part,
            _ => {}
        }
        if let Some(gate) = self.gates.get(&parts) {
            return *gate;
        }
        let gate = self.variable(lbool::UNDEF);
        for part in &parts {
            self.require_any(&[!gate, *part]);
        }
        let back: Vec<Literal> = parts.iter().map(|part| !*part).chain([gate]).collect();
        self.require_any(&back);
        self.gates.insert(parts, gate);
        gate
    }

    /// Whether some are true.
    pub fn any(&mut self, parts: impl IntoIterator<Item = Literal>) -> Literal {
        let none = parts.into_iter().map(|part| !part).collect::<Vec<_>>();
        !self.all(none)
    }

    /// Whether at least one, two, and so on up to so many are true. Halves are counted and put together, so that two
    /// counts that differ in one place share nearly all.
    pub fn count(&mut self, of: &[Literal], most: usize) -> Vec<Literal> {
        match of {
            _ if most == 0 => Vec::new(),
            [] => Vec::new(),
            [one] => vec![*one],
            _ => {
                let (left, right) = of.split_at(of.len() / 2);
                let (left, right) = (self.count(left, most), self.count(right, most));
                let counted = (1..=most.min(left.len() + right.len())).map(|count| {
                    let ways = count.saturating_sub(right.len())..=count.min(left.len());
                    let reached = |side: &[Literal], count: usize| count.checked_sub(1).map(|at| side[at]);
                    let ways: Vec<Literal> = ways
                        .map(|on_the_left| {
                            let both = [reached(&left, on_the_left), reached(&right, count - on_the_left)];
                            self.all(both.into_iter().flatten())
                        })
                        .collect();
                    self.any(ways)
                });
                counted.collect()
            }
        }
    }

    /// Looks for what makes all of these true, with at most so many conflicts.
    pub fn solve(&mut self, literals: &[Literal], conflicts: u64) -> Found {
        let effort = self.solver.cb_mut();
        effort.limit = effort.conflicts.saturating_add(conflicts);
        let assumed: Vec<Lit> = literals.iter().map(|literal| literal.0).collect();
        let result = self.solver.solve_limited(&assumed);
        if let Some(certificate) = &mut self.certificate {
            let learnt = self.solver.cb_mut().learnt.replace(Vec::new());
            learnt.iter().flatten().for_each(|clause| certificate.learnt(clause));
            if result == lbool::FALSE {
                certificate.refuted(literals);
            }
        }
        match result {
            result if result == lbool::TRUE => {
                let value = |variable| self.solver.value_var(Var::unsafe_from_idx(variable)) == lbool::TRUE;
                Found::Model(Model((0..self.solver.num_vars()).map(value).collect()))
            }
            result if result == lbool::FALSE => Found::Nothing,
            _ => Found::NotDecided,
        }
    }

    /// The free literals that others rest on, each as it makes them true.
    pub fn rests_on(&self, literals: &[Literal]) -> BTreeSet<Literal> {
        let parts: BTreeMap<Literal, &Vec<Literal>> = self.gates.iter().map(|(parts, gate)| (*gate, parts)).collect();
        let mut seen = BTreeSet::new();
        let mut free = BTreeSet::new();
        let mut left = literals.to_vec();
        while let Some(literal) = left.pop() {
            if !seen.insert(literal) {
                continue;
            }
            match (parts.get(&literal), parts.get(&!literal)) {
                (Some(parts), _) => left.extend(*parts),
                (None, Some(parts)) => left.extend(parts.iter().map(|part| !*part)),
                (None, None) => {
                    free.insert(literal);
                }
            }
        }
        free
    }

    /// What was followed a second time.
    pub fn certificate(&self) -> Option<Certified> {
        self.certificate.as_ref().map(|certificate| certificate.certified)
    }

    /// How many conflicts all questions took.
    pub fn conflicts(&self) -> u64 {
        self.solver.cb().conflicts
    }

    /// How many literals there are, opposites not counted.
    pub fn size(&self) -> u32 {
        self.solver.num_vars()
    }
}
