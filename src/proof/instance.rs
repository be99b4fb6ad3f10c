//! One or several rule sets over the same referrals, and the smallest referral that meets a list of conditions.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Certified;
use super::circuit::{Circuit, Found, Literal, Model};
use super::encode::{Encoded, Otherwise, Taker};
use super::question::{Question, Takers};
use super::rule::Source;
use crate::criteria::{Condition, Outcome, RuleSet};
use crate::facts::{Answer, Answers, Class, FactIndex, Facts, Said};
use crate::ladder::Rank;
use crate::level::bounds;

/// How many conflicts one question to the solver may take. Every question about the rule sets that ship takes less than
/// a hundredth of it.
pub const CONFLICTS: u64 = 20_000;

/// What is known of a statement about every possible referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds for every referral.
    Proved,
    /// It does not hold for this one, which the evaluator was run on.
    Refuted(Referral),
    /// The budget ran out first.
    NotDecided,
}

/// A referral that refutes a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// What is said, by fact, in the order of the rules; nothing else is said.
    pub said: Vec<(String, Answer)>,
    /// Which end of the answer it is about.
    pub end: End,
    /// Whether it was proved that no referral says less.
    pub is_smallest: bool,
}

/// Which of the two bounds a referral is about. They differ on it only where a script fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The lower bound, of what is said and nothing else.
    AtLeast,
    /// The upper bound, with the answer of least concern to every other question.
    AtMost,
}

/// The encoding and the evaluator say different things of one referral: one of the two is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proof says level {proved} and the evaluator level {evaluated} of {referral}; please report it")]
pub struct Disagreement {
    /// The level by the encoding.
    pub proved: Rank,
    /// The level by the evaluator.
    pub evaluated: Rank,
    /// What is said.
    pub referral: String,
}

impl Referral {
    /// The referral as anybody would send it, and any rule set reads it.
    pub fn answers(&self) -> Answers {
        let said = self.said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone())));
        Answers { said: said.collect(), ..Answers::default() }
    }

    /// The same with another answer to one question, or with none, in an order of questions.
    #[must_use]
    pub(super) fn answered(&self, id: &str, answer: Option<Answer>, order: &[String]) -> Self {
        let mut said: Vec<_> = self.said.iter().filter(|(fact, _)| fact != id).cloned().collect();
        said.extend(answer.map(|answer| (id.to_owned(), answer)));
        said.sort_by_key(|(fact, _)| order.iter().position(|id| id == fact));
        Self { said, ..self.clone() }
    }

    /// The same as a rule set reads it; what another rule set asked is left out.
    pub fn read(&self, rules: &RuleSet) -> Facts {
        let mut facts = rules.read_for_replay(&self.answers());
        if self.end == End::AtMost {
            (0..rules.indicators().len())
                .filter(|fact| is_filled(rules, *fact) && facts.known(*fact).is_none())
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|fact| facts.set(fact, 0));
        }
        facts
    }

    /// Its level by the evaluator.
    pub fn level(&self, rules: &RuleSet) -> Rank {
        let bounds = bounds(rules, &self.read(rules));
        match self.end {
            End::AtLeast => bounds.at_least(),
            End::AtMost => bounds.at_most(),
        }
    }
}

/// Whether an upper bound fills a fact in that is not known.
fn is_filled(rules: &RuleSet, fact: FactIndex) -> bool {
    rules.is_ordered(fact)
        && !rules.is_presumed(fact)
        && !rules.is_protective(fact)
        && rules.indicators()[fact].retired.is_none()
}

fn taker<'i>(
    takers: &'i Takers<'_>,
    questions: &'i [Question],
    asked: &'i [Vec<usize>],
    failed: Literal,
    place: usize,
) -> Taker<'i> {
    Taker { rules: takers.rule_sets[place], place, questions, asked: &asked[place], failed }
}

/// Rule sets encoded over the same referrals.
pub struct Instance<'r> {
    takers: Takers<'r>,
    circuit: Circuit,
    questions: Vec<Question>,
    /// Per rule set and fact, its question.
    asked: Vec<Vec<usize>>,
    failed: Literal,
    encoded: Vec<Encoded>,
    /// Per question: whether anything is said.
    said: Vec<Literal>,
    budget: u64,
}

impl<'r> Instance<'r> {
    /// One rule set.
    pub fn of(rules: &'r RuleSet) -> Self {
        Self::new(vec![rules], Circuit::new())
    }

    /// One rule set; whatever the solver says is followed a second time.
    pub fn certified(rules: &'r RuleSet) -> Self {
        Self::new(vec![rules], Circuit::certified())
    }

    /// Two rule sets: facts are the same by their ids, answers by their words, numbers by their value. An answer or a
    /// fact that only one knows says nothing to the other. Compared by their lower bounds.
    pub fn of_both(old: &'r RuleSet, new: &'r RuleSet) -> Self {
        Self::new(vec![old, new], Circuit::new())
    }

    fn new(rule_sets: Vec<&'r RuleSet>, mut circuit: Circuit) -> Self {
        let takers = Takers::new(rule_sets);
        let rule_sets = &takers.rule_sets;
        let questions = takers.questions(&mut circuit);
        let place = |id: &str| questions.iter().position(|question| question.id == id);
        let asked = |rules: &&RuleSet| rules.indicators().iter().filter_map(|fact| place(&fact.id)).collect();
        let asked: Vec<Vec<usize>> = rule_sets.iter().map(asked).collect();
        let failed = match rule_sets.as_slice() {
            [rules] if rules.tables().iter().any(|table| table.rows.contains(&Outcome::Failed)) => {
                let failed = circuit.free(false);
                // The upper bound is that of a referral in which nothing is left to fill in.
                for (fact, question) in asked[0].iter().map(|question| &questions[*question]).enumerate() {
                    let silence = question.sayings[question.silence].taken[0];
                    if is_filled(rules, fact) && silence.unstated {
                        let said = question.is_said(&mut circuit);
                        circuit.require_any(&[!failed, said]);
                    }
                }
                failed
            }
            _ => circuit.constant(false),
        };
        let encoded = rule_sets.iter().zip(&asked).enumerate().map(|(place, (rules, asked))| {
            Taker { rules, place, questions: &questions, asked, failed }.encode(&mut circuit, Otherwise::default())
        });
        let encoded = encoded.collect();
        let said = questions.iter().map(|question| question.is_said(&mut circuit)).collect();
        Self { takers, circuit, questions, asked, failed, encoded, said, budget: CONFLICTS }
    }

    /// The same with another budget of conflicts for each question to the solver.
    #[must_use]
    pub fn with_budget(mut self, conflicts: u64) -> Self {
        self.budget = conflicts;
        self
    }

    /// A rule set's literals; 0 is the first.
    pub fn encoded(&self, place: usize) -> &Encoded {
        &self.encoded[place]
    }

    /// A rule set's literals with one thing giving nothing.
    pub fn encoded_without(&mut self, place: usize, left_out: Source) -> Encoded {
        let left_out = BTreeMap::from([(left_out, self.circuit.constant(true))]);
        self.encoded_otherwise(place, Otherwise { left_out: Some(&left_out), ..Otherwise::default() })
    }

    /// A rule set's literals where a question is answered so, whatever the referral says about it.
    pub fn encoded_with(&mut self, place: usize, question: usize, saying: usize) -> Encoded {
        self.encoded_otherwise(place, Otherwise { said: Some((question, saying)), ..Otherwise::default() })
    }

    /// A rule set's literals where something is otherwise.
    pub(super) fn encoded_otherwise(&mut self, place: usize, otherwise: Otherwise<'_>) -> Encoded {
        let taker = taker(&self.takers, &self.questions, &self.asked, self.failed, place);
        taker.encode(&mut self.circuit, otherwise)
    }

    /// A rule set's literals of another referral: the same questions, answered for themselves.
    pub(super) fn encoded_over(&mut self, place: usize, questions: &[Question]) -> Encoded {
        let taker = taker(&self.takers, questions, &self.asked, self.failed, place);
        taker.encode(&mut self.circuit, Otherwise::default())
    }

    /// A condition that a rule set may not have. A need sees what the last criteria see.
    pub fn condition(&mut self, place: usize, condition: &Condition) -> Literal {
        let taker = taker(&self.takers, &self.questions, &self.asked, self.failed, place);
        taker.condition(&mut self.circuit, &self.encoded[place], condition)
    }

    /// Whether a rule set's level is at least a rank.
    pub fn at_least(&self, place: usize, rank: Rank) -> Literal {
        self.encoded[place].at_least(rank).unwrap_or(self.circuit.constant(false))
    }

    /// Whether a rule set's level is a rank.
    pub fn is_level(&mut self, place: usize, rank: Rank) -> Literal {
        let (here, above) = (self.at_least(place, rank), self.at_least(place, rank + 1));
        self.all([here, !above])
    }

    /// A question of another referral.
    pub(super) fn asked_again(&mut self, question: usize) -> Question {
        self.questions[question].again(&mut self.circuit)
    }

    /// The circuit that all of it is part of.
    pub(super) fn circuit(&mut self) -> &mut Circuit {
        &mut self.circuit
    }

    /// Takes a fact for one about which something is said in a further case, where referrals are counted as small.
    pub(super) fn counts_as_said(&mut self, question: usize, when: Literal) {
        self.said[question] = self.circuit.any([self.said[question], when]);
    }

    /// What may be said, in the order of the rules.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Whether a fact is said to be one of some sayings, by their places.
    pub fn is_among(&mut self, question: usize, wanted: impl Fn(usize) -> bool) -> Literal {
        self.questions[question].is_among(&mut self.circuit, wanted)
    }

    /// Among which of its question's sayings an answer is; `None` is silence.
    pub(super) fn saying(&self, question: usize, answer: Option<&Answer>) -> usize {
        self.takers.saying(&self.questions[question], answer)
    }

    /// Whether this is what is said about a fact, as far as the rule sets tell it from anything else; `None` is silence.
    pub fn is_said(&mut self, question: usize, answer: Option<&Answer>) -> Literal {
        let said = self.saying(question, answer);
        let question = &self.questions[question];
        question.is_among(&mut self.circuit, |saying| saying == said)
    }

    /// Whether no more than so many things are said.
    pub(super) fn says_at_most(&mut self, most: usize) -> Literal {
        let more = self.circuit.count(&self.said, most + 1);
        more.get(most).map_or_else(|| self.circuit.constant(true), |more| !*more)
    }

    /// Whether the level is that of one end of the answer.
    pub fn is_end(&self, end: End) -> Literal {
        match end {
            End::AtLeast => !self.failed,
            End::AtMost => self.failed,
        }
    }

    /// Whether a rule set takes what is said about a fact for one of some classes.
    pub fn is_taken_for(&mut self, place: usize, fact: FactIndex, wanted: impl Fn(Class) -> bool) -> Literal {
        let question = &self.questions[self.asked[place][fact]];
        question.is_among(&mut self.circuit, |saying| wanted(question.sayings[saying].taken[place].class))
    }

    /// Whether a rule set finds an answer of a class, and takes what it gives.
    pub(super) fn is_found(&mut self, place: usize, fact: FactIndex, class: Class) -> Literal {
        let question = &self.questions[self.asked[place][fact]];
        question.is_among(&mut self.circuit, |saying| {
            let taken = question.sayings[saying].taken[place];
            taken.gives && taken.class == class
        })
    }

    /// Whether all are true.
    pub fn all(&mut self, parts: impl IntoIterator<Item = Literal>) -> Literal {
        self.circuit.all(parts)
    }

    /// Whether some are true.
    pub fn any(&mut self, parts: impl IntoIterator<Item = Literal>) -> Literal {
        self.circuit.any(parts)
    }

    /// The free literals that others rest on, each as it makes them true: what can be proved by looking at the encoding.
    pub(super) fn rests_on(&self, literals: &[Literal]) -> BTreeSet<Literal> {
        self.circuit.rests_on(literals)
    }

    /// How large the encoding is, and how many conflicts were met so far.
    pub fn effort(&self) -> (u32, u64) {
        (self.circuit.size(), self.circuit.conflicts())
    }

    /// What was followed a second time.
    pub fn certificate(&self) -> Option<Certified> {
        self.circuit.certificate()
    }

    /// Whether no referral meets all conditions; else the smallest that does. Of several it is the first by the order of
    /// the rules, so it depends neither on the machine nor on what was asked before.
    ///
    /// # Errors
    /// When the evaluator says another level of that referral than the encoding.
    pub fn never(&mut self, conditions: &[Literal]) -> Result<Verdict, Disagreement> {
        let model = match self.circuit.solve(conditions, self.budget) {
            Found::Nothing => return Ok(Verdict::Proved),
            Found::NotDecided => return Ok(Verdict::NotDecided),
            Found::Model(model) => model,
        };
        let mut conditions = conditions.to_vec();
        let (model, fewest) = self.fewest(&mut conditions, model);
        let (model, first) = self.first(&mut conditions, model);
        let said = self.questions.iter().filter_map(|question| {
            let saying = question.said(|literal| model.is_true(literal));
            Some((question.id.clone(), question.sayings[saying].answer.clone()?))
        });
        let end = if model.is_true(self.failed) { End::AtMost } else { End::AtLeast };
        let referral = Referral { said: said.collect(), end, is_smallest: fewest && first };
        self.confirmed(&referral, &model)?;
        Ok(Verdict::Refuted(referral))
    }

    /// Whether no referral meets all conditions, without looking for the smallest that does.
    pub fn is_never(&mut self, conditions: &[Literal]) -> Option<bool> {
        match self.circuit.solve(conditions, self.budget) {
            Found::Nothing => Some(true),
            Found::Model(_) => Some(false),
            Found::NotDecided => None,
        }
    }

    /// Finds with how few things said it can be; whether it is known that fewer will not do.
    fn fewest(&mut self, conditions: &mut Vec<Literal>, model: Model) -> (Model, bool) {
        let enough = self.said.iter().filter(|said| model.is_true(**said)).count();
        let mut known = true;
        // From below: the smallest is small, and to count few is cheap.
        for most in 0..enough {
            conditions.push(self.says_at_most(most));
            match self.circuit.solve(conditions, self.budget) {
                Found::Model(fewer) => return (fewer, known),
                result => known &= result == Found::Nothing,
            }
            conditions.pop();
        }
        conditions.push(self.says_at_most(enough));
        (model, known)
    }

    /// Of several as small, the one that is silent longest, and then says the least.
    fn first(&mut self, conditions: &mut Vec<Literal>, mut model: Model) -> (Model, bool) {
        let mut known = true;
        for place in 0..self.questions.len() {
            let question = &self.questions[place];
            let silence = question.silence;
            let order: Vec<usize> = std::iter::once(silence)
                .chain((0..question.sayings.len()).filter(|saying| *saying != silence))
                .collect();
            for saying in order {
                let question = &self.questions[place];
                let this = question.is_among(&mut self.circuit, |other| other == saying);
                conditions.push(this);
                if question.said(|literal| model.is_true(literal)) == saying {
                    break;
                }
                match self.circuit.solve(conditions, self.budget) {
                    Found::Model(earlier) => {
                        model = earlier;
                        break;
                    }
                    result => {
                        known &= result == Found::Nothing;
                        conditions.pop();
                    }
                }
            }
        }
        (model, known)
    }

    /// Runs the evaluator on a referral, under every rule set.
    fn confirmed(&self, referral: &Referral, model: &Model) -> Result<(), Disagreement> {
        for (rules, encoded) in self.takers.rule_sets.iter().zip(&self.encoded) {
            let reached = encoded.level.iter().filter(|at_least| model.is_true(**at_least)).count();
            let proved = Rank::try_from(reached).unwrap_or(Rank::MAX);
            let evaluated = referral.level(rules);
            if proved != evaluated {
                let said = referral.said.iter().map(|(id, answer)| format!("{id}: {answer}"));
                let referral = format!("{{ {} }}", said.collect::<Vec<_>>().join(", "));
                return Err(Disagreement { proved, evaluated, referral });
            }
        }
        Ok(())
    }
}
