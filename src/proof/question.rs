//! What may be said about each fact: nothing, or an answer; what one or several rule sets understand by it.
//!
//! Sayings that every rule set takes alike are one saying, so that the months of an age are cut where some rule of some
//! rule set looks, and an answer of least concern is the same as silence unless it matters that it was stated.

use std::collections::{BTreeMap, BTreeSet};

use super::circuit::{Circuit, Literal};
use crate::criteria::{AnswerClass, Indicator, Kind, RuleSet};
use crate::facts::{Answer, Class, FactIndex, FactSet, NOT_KNOWN};

/// A fact of one or several rule sets, and what may be said about it.
#[derive(Debug)]
pub struct Question {
    /// The fact's id.
    pub id: String,
    /// In order of concern, least first, as the first rule set has it that asks it; silence after the answer that it is
    /// taken for.
    pub sayings: Vec<Saying>,
    /// Which of them is silence.
    pub silence: usize,
    /// Per saying: whether this or a later one is said.
    from: Vec<Literal>,
}

/// One thing to say about a fact, for all that are taken alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// The answer; `None` is silence.
    pub answer: Option<Answer>,
    /// Per rule set: how it takes this.
    pub(super) taken: Vec<Taken>,
}

/// How a rule set takes a saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Taken {
    /// The class it stands for, that of silence included; `NOT_KNOWN` where silence stands for none.
    pub class: Class,
    /// Whether it is silence, where it matters that something was stated.
    pub unstated: bool,
    /// Whether it gives what its class gives.
    pub gives: bool,
}

impl Question {
    /// The same question, answered for itself.
    pub(super) fn again(&self, circuit: &mut Circuit) -> Self {
        let from = from(circuit, self.sayings.len(), self.silence);
        Self { id: self.id.clone(), sayings: self.sayings.clone(), silence: self.silence, from }
    }

    /// Whether one of some sayings is said. A question has few sayings, so a run of them is told by its two ends.
    pub(super) fn is_among(&self, circuit: &mut Circuit, wanted: impl Fn(usize) -> bool) -> Literal {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < self.sayings.len() {
            if wanted(at) {
                let end = (at..self.sayings.len()).find(|later| !wanted(*later)).unwrap_or(self.sayings.len());
                runs.push(circuit.all([self.from[at], !self.from(circuit, end)]));
                at = end;
            } else {
                at += 1;
            }
        }
        circuit.any(runs)
    }

    /// Whether this saying or a later one is said.
    pub(super) fn from(&self, circuit: &Circuit, saying: usize) -> Literal {
        self.from.get(saying).copied().unwrap_or_else(|| circuit.constant(false))
    }

    /// The sayings that are answers, least concern first; silence among them only where it is the same as one.
    pub(super) fn answers(&self) -> Vec<usize> {
        let class = |saying: usize| self.sayings[saying].taken.first().map(|taken| taken.class);
        let all = 0..self.sayings.len();
        let told =
            |class_of_silence| all.clone().any(|saying| saying != self.silence && class(saying) == class_of_silence);
        let silence_is_apart = told(class(self.silence));
        all.filter(|saying| *saying != self.silence || !silence_is_apart).collect()
    }

    /// Whether a greater saying can only make true what rests on these literals.
    pub(super) fn only_raises(&self, rests_on: &BTreeSet<Literal>) -> bool {
        !self.from[1..].iter().any(|from| rests_on.contains(&!*from))
    }

    /// Whether nothing rests on what is said.
    pub(super) fn is_idle(&self, rests_on: &BTreeSet<Literal>) -> bool {
        self.only_raises(rests_on) && !self.from[1..].iter().any(|from| rests_on.contains(from))
    }

    /// Whether anything is said.
    pub(super) fn is_said(&self, circuit: &mut Circuit) -> Literal {
        self.is_among(circuit, |saying| saying != self.silence)
    }

    /// Which saying it is.
    pub(super) fn said(&self, is_true: impl Fn(Literal) -> bool) -> usize {
        self.from.iter().rposition(|from| is_true(*from)).unwrap_or(0)
    }
}

/// Rule sets that take what is said each in its own way.
pub(super) struct Takers<'r> {
    pub rule_sets: Vec<&'r RuleSet>,
    /// Per rule set: the facts of which it matters that they are stated.
    stated: Vec<FactSet>,
}

impl<'r> Takers<'r> {
    pub fn new(rule_sets: Vec<&'r RuleSet>) -> Self {
        let stated = rule_sets.iter().map(|rules| stated_matters(rules)).collect();
        Self { rule_sets, stated }
    }

    /// How each takes an answer to a question, or silence. A rule set that does not ask takes everything alike.
    fn taken(&self, id: &str, answer: Option<&Answer>) -> Vec<Taken> {
        let sets = self.rule_sets.iter().zip(&self.stated);
        let taken = sets.map(|(rules, stated)| match rules.fact(id) {
            Some(fact) => taken(rules, fact, stated.contains(fact), answer),
            None => Taken { class: NOT_KNOWN, unstated: false, gives: false },
        });
        taken.collect()
    }

    /// Every question, in the order of the first rule set, then those that only later ones ask.
    pub fn questions(&self, circuit: &mut Circuit) -> Vec<Question> {
        let mut seen = BTreeSet::new();
        let ids = self.rule_sets.iter().flat_map(|rules| rules.indicators()).map(|fact| fact.id.as_str());
        let ids: Vec<&str> = ids.filter(|id| seen.insert(*id)).collect();
        ids.into_iter().map(|id| self.question(id, circuit)).collect()
    }

    fn question(&self, id: &str, circuit: &mut Circuit) -> Question {
        let mut merged: BTreeMap<Vec<Taken>, Option<Answer>> = BTreeMap::new();
        merged.insert(self.taken(id, None), None);
        for answer in answers(&self.rule_sets, id) {
            merged.entry(self.taken(id, Some(&answer))).or_insert(Some(answer));
        }
        let sayings: Vec<Saying> = merged.into_iter().map(|(taken, answer)| Saying { answer, taken }).collect();
        let silence = sayings.iter().position(|saying| saying.answer.is_none()).unwrap_or(0);
        let from = from(circuit, sayings.len(), silence);
        Question { id: id.to_owned(), sayings, silence, from }
    }

    /// The saying among which an answer to a question is; silence for an answer that nobody knows.
    pub fn saying(&self, question: &Question, answer: Option<&Answer>) -> usize {
        let taken = self.taken(&question.id, answer);
        question.sayings.iter().position(|saying| saying.taken == taken).unwrap_or(question.silence)
    }
}

/// Of things in a row of which one is meant, per thing: whether it is this or a later one. The solver tries one first.
pub(super) fn from(circuit: &mut Circuit, things: usize, first: usize) -> Vec<Literal> {
    let mut from = vec![circuit.constant(true)];
    for thing in 1..things {
        let this = circuit.free(thing <= first);
        circuit.require_any(&[!this, from[thing - 1]]);
        from.push(this);
    }
    from
}

/// How a rule set takes an answer, or silence. An answer that it does not know says nothing to it.
fn taken(rules: &RuleSet, fact: FactIndex, stated: bool, answer: Option<&Answer>) -> Taken {
    let indicator = &rules.indicators()[fact];
    let unordered = !rules.is_ordered(fact);
    let (class, found) = match answer.and_then(|answer| indicator.class_of(answer).ok()) {
        // The least concern gives nothing: it stands for everyone whom nobody asked.
        Some(class) => return Taken { class, unstated: false, gives: unordered || class > 0 },
        None if unordered => (NOT_KNOWN, false),
        None if rules.is_protective(fact) => (1, false),
        None if rules.is_presumed(fact) => (rules.greatest(fact), true),
        None => (0, false),
    };
    Taken { class, unstated: stated, gives: found }
}

/// An answer for each that some rule set may tell from the others; of a number, the lowest of each range.
fn answers(rule_sets: &[&RuleSet], id: &str) -> Vec<Answer> {
    let asked = rule_sets.iter().filter_map(|rules| Some(&rules.indicators()[rules.fact(id)?]));
    let mut numbers = BTreeSet::new();
    let mut words: Vec<Answer> = Vec::new();
    for Indicator { kind, classes, .. } in asked {
        if let Kind::Number { from, to, cuts, .. } = kind {
            numbers.extend(cuts.iter().copied().chain([*from, to + 1]));
        }
        let own = classes.iter().map(|AnswerClass { answer, .. }| answer);
        let own: Vec<&Answer> = own.filter(|answer| !matches!(answer, Answer::Number(_))).collect();
        words.extend(own.into_iter().filter(|answer| !words.contains(answer)).cloned().collect::<Vec<_>>());
    }
    words.into_iter().chain(numbers.into_iter().map(Answer::Number)).collect()
}

/// The facts of which it matters that they are stated, to a level or to what is promised of one.
fn stated_matters(rules: &RuleSet) -> FactSet {
    let promised = rules.guarantees().guarantees.iter().filter_map(|guarantee| guarantee.when.as_ref());
    promised.fold(rules.stated(), |facts, condition| facts.or(&condition.stated()))
}
