//! A second opinion on the solver: whether what it learnt, and that nothing is so, follows by unit propagation alone.
//!
//! The solver is told nothing of this. Each clause that it learnt is taken only when denying all of it leads to a
//! contradiction by nothing but clauses with one literal left; so is that some conditions are met by nothing. That says
//! nothing about the encoding, which enumeration is for.

use super::circuit::Literal;

/// How much was followed a second time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Certified {
    /// Clauses that the solver learnt.
    pub steps: u64,
    /// Proofs that rest on them.
    pub proofs: u64,
    /// How many of both did not follow: a mistake of the solver.
    pub not_followed: u64,
}

/// Clauses, and what follows from them.
#[derive(Debug, Default)]
pub(super) struct Certificate {
    /// Each watches its first two literals.
    clauses: Vec<Vec<Literal>>,
    /// By literal, the clauses that watch it.
    watching: Vec<Vec<usize>>,
    /// By literal, whether it is known to be true.
    is_true: Vec<bool>,
    /// What is known, in the order in which it followed.
    known: Vec<Literal>,
    /// Whether the clauses contradict each other.
    contradicted: bool,
    pub certified: Certified,
}

impl Certificate {
    /// Takes a clause that needs no proof.
    pub fn given(&mut self, clause: &[Literal]) {
        self.make_room(clause);
        let is_settled = clause.iter().any(|literal| self.is_true[literal.index()]);
        let mut open: Vec<Literal> =
            clause.iter().copied().filter(|literal| !self.is_true[(!*literal).index()]).collect();
        open.sort_unstable();
        open.dedup();
        match open.as_slice() {
            _ if is_settled || self.contradicted => {}
            [] => self.contradicted = true,
            [only] => {
                let from = self.known.len();
                self.know(*only);
                self.contradicted = self.propagate(from);
            }
            [one, other, ..] => {
                let place = self.clauses.len();
                self.watching[one.index()].push(place);
                self.watching[other.index()].push(place);
                self.clauses.push(open);
            }
        }
    }

    /// Takes a clause that the solver learnt, where it follows.
    pub fn learnt(&mut self, clause: &[Literal]) {
        self.certified.steps += 1;
        let denied: Vec<Literal> = clause.iter().map(|literal| !*literal).collect();
        match self.contradicts(&denied) {
            true => self.given(clause),
            false => self.certified.not_followed += 1,
        }
    }

    /// Looks whether nothing makes all of these true, as the solver says.
    pub fn refuted(&mut self, literals: &[Literal]) {
        self.certified.proofs += 1;
        if !self.contradicts(literals) {
            self.certified.not_followed += 1;
        }
    }

    /// Whether these cannot all be true, by unit propagation.
    fn contradicts(&mut self, literals: &[Literal]) -> bool {
        self.make_room(literals);
        let before = self.known.len();
        let mut contradicted = self.contradicted;
        for literal in literals {
            contradicted |= self.is_true[(!*literal).index()];
            if !contradicted && !self.is_true[literal.index()] {
                self.know(*literal);
            }
        }
        contradicted = contradicted || self.propagate(before);
        for literal in self.known.drain(before..) {
            self.is_true[literal.index()] = false;
        }
        contradicted
    }

    fn know(&mut self, literal: Literal) {
        self.is_true[literal.index()] = true;
        self.known.push(literal);
    }

    /// Follows what is known from some place on; whether that is a contradiction.
    fn propagate(&mut self, from: usize) -> bool {
        let mut next = from;
        while let Some(denied) = self.known.get(next).map(|known| !*known) {
            next += 1;
            let mut watching = std::mem::take(&mut self.watching[denied.index()]);
            let mut contradicted = false;
            watching.retain(|place| contradicted || self.still_watches(*place, denied, &mut contradicted));
            self.watching[denied.index()] = watching;
            if contradicted {
                return true;
            }
        }
        false
    }

    /// Whether a clause has nothing else to watch than what was denied; then its other literal must be true.
    fn still_watches(&mut self, place: usize, denied: Literal, contradicted: &mut bool) -> bool {
        let clause = &mut self.clauses[place];
        if clause[0] == denied {
            clause.swap(0, 1);
        }
        let other = clause[0];
        if self.is_true[other.index()] {
            return true;
        }
        let open = (2..clause.len()).find(|at| !self.is_true[(!clause[*at]).index()]);
        if let Some(at) = open {
            clause.swap(1, at);
            self.watching[clause[1].index()].push(place);
            return false;
        }
        if self.is_true[(!other).index()] {
            *contradicted = true;
        } else {
            self.know(other);
        }
        true
    }

    fn make_room(&mut self, literals: &[Literal]) {
        let room = literals.iter().map(|literal| literal.index() | 1).max().map_or(0, |last| last + 1);
        if room > self.is_true.len() {
            self.is_true.resize(room, false);
            self.watching.resize_with(room, Vec::new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::circuit::{Circuit, Found};

    /// Five things, of which each pair shares one of four places: nothing makes that true, and the solver must learn.
    fn crowded(circuit: &mut Circuit, things: usize, places: usize) {
        let mut here = vec![Vec::new(); places];
        for _ in 0..things {
            let somewhere: Vec<Literal> = (0..places).map(|_| circuit.free(false)).collect();
            circuit.require_any(&somewhere);
            here.iter_mut().zip(somewhere).for_each(|(here, at): (&mut Vec<Literal>, _)| here.push(at));
        }
        for here in here {
            for (index, one) in here.iter().enumerate() {
                here[index + 1..].iter().for_each(|other| circuit.require_any(&[!*one, !*other]));
            }
        }
    }

    #[test]
    fn what_the_solver_learns_follows() {
        let mut circuit = Circuit::certified();
        crowded(&mut circuit, 5, 4);
        assert_eq!(circuit.solve(&[], u64::MAX), Found::Nothing);
        let certified = circuit.certificate().unwrap();
        assert!(certified.steps > 0 && certified.proofs == 1 && certified.not_followed == 0, "{certified:?}");
    }

    #[test]
    fn what_does_not_follow_is_not_taken() {
        let mut circuit = Circuit::new();
        let [a, b, c] = [0; 3].map(|_| circuit.free(false));
        let mut certificate = Certificate::default();
        certificate.given(&[a, b]);
        certificate.given(&[!b, c]);
        certificate.learnt(&[a, c]);
        assert_eq!(certificate.certified.not_followed, 0);
        certificate.refuted(&[!a, !c]);
        assert_eq!(certificate.certified.not_followed, 0);
        certificate.learnt(&[a]);
        certificate.refuted(&[!a]);
        certificate.refuted(&[a, c]);
        assert_eq!(certificate.certified, Certified { steps: 2, proofs: 3, not_followed: 3 });
    }
}
