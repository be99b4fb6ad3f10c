//! A referral: one child or several, household facts given once, dates turned into ages.
//!
//! Each child is evaluated alone, then what one child's findings ask for the others is added.

mod request;
mod words;

pub mod at_once;
pub mod caller;
pub mod received;
pub mod unfold;

pub mod provenance;

use jiff::Unit;
use serde::Serialize;

use crate::criteria::entries::About;
use crate::criteria::{Kind, RuleSet};
use crate::facts::{Answer, Answers, Facts, Said};
use crate::json::{Fault, FaultCode, pointer};
use crate::ladder::Within;
use crate::level::{Bounds, Evaluation, Explain, Question, bounds, evaluate, has};

pub use request::{AGES, Child, MAX_CHILDREN, Referral, age_band};

/// What an evaluation request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Indicated<'r> {
    /// One child.
    Child(Box<Evaluation<'r>>),
    /// Several.
    Children {
        /// Each child's evaluation, in the order sent.
        children: Vec<IndicatedChild<'r>>,
    },
}

impl<'r> Indicated<'r> {
    /// Each child's evaluation.
    pub fn evaluations(&self) -> impl Iterator<Item = &Evaluation<'r>> {
        let (one, several) = match self {
            Self::Child(evaluation) => (Some(&**evaluation), [].as_slice()),
            Self::Children { children } => (None, children.as_slice()),
        };
        one.into_iter().chain(several.iter().map(|child| &child.evaluation))
    }
}

/// One of several children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IndicatedChild<'r> {
    /// The sender's own reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What the criteria indicate for this child.
    pub evaluation: Evaluation<'r>,
}

impl Referral {
    /// Evaluates every child under a rule set.
    ///
    /// # Errors
    /// Every fact, answer, topic or date that the rule set does not understand.
    pub fn evaluate<'r>(&self, rules: &'r RuleSet, explain: Explain) -> Result<Indicated<'r>, Vec<Fault>> {
        let mut evaluations = self.evaluations(rules, &self.facts(rules)?, explain);
        if self.is_one_child()
            && let Some(evaluation) = evaluations.pop()
        {
            return Ok(Indicated::Child(Box::new(evaluation)));
        }
        let children = evaluations.into_iter().enumerate();
        let children =
            children.map(|(child, evaluation)| IndicatedChild { reference: self.reference_of(child), evaluation });
        Ok(Indicated::Children { children: children.collect() })
    }

    /// Whether it is one child's facts alone, which are answered without a list.
    pub(crate) fn is_one_child(&self) -> bool {
        self.household.is_none() && matches!(self.children.as_slice(), [Child { reference: None, .. }])
    }

    /// Evaluates every child under a rule set for which the answers were not given: what it does not know is listed in
    /// the evaluation, never refused.
    pub fn replay<'r>(&self, rules: &'r RuleSet, explain: Explain) -> Vec<Evaluation<'r>> {
        let facts = self.children.iter().map(|child| rules.read_for_replay(&self.all_said_of(rules, child)));
        self.evaluations(rules, &facts.collect::<Vec<_>>(), explain)
    }

    /// The bounds of every child, and nothing else.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn bounds(&self, rules: &RuleSet) -> Result<Vec<Bounds>, Vec<Fault>> {
        Ok(self.facts(rules)?.iter().map(|facts| bounds(rules, facts)).collect())
    }

    /// The same under a rule set for which the answers were not given.
    pub fn bounds_again(&self, rules: &RuleSet) -> Vec<Bounds> {
        let facts = self.children.iter().map(|child| rules.read_for_replay(&self.all_said_of(rules, child)));
        facts.map(|facts| bounds(rules, &facts)).collect()
    }

    fn evaluations<'r>(&self, rules: &'r RuleSet, facts: &[Facts], explain: Explain) -> Vec<Evaluation<'r>> {
        let explain = self.explain.unwrap_or(explain);
        let mut evaluations: Vec<Evaluation<'_>> = facts.iter().map(|facts| evaluate(rules, facts, explain)).collect();
        across_children(rules, facts, &mut evaluations);
        match self.received_at {
            None => evaluations,
            Some(at) => evaluations.into_iter().map(|evaluation| evaluation.received_at(rules, at)).collect(),
        }
    }

    /// Every child's facts as a rule set reads them.
    ///
    /// # Errors
    /// As `evaluate`.
    pub fn facts(&self, rules: &RuleSet) -> Result<Vec<Facts>, Vec<Fault>> {
        let mut faults = Vec::new();
        if let Some(household) = &self.household {
            faults.extend(rules.read(household, "/household").err().into_iter().flatten());
            for (id, _) in &household.said {
                let child = rules.fact(id).filter(|fact| rules.indicators()[*fact].about == About::Child);
                if child.is_some() {
                    let detail = format!("`{id}` is about one child; give it under that child");
                    faults.push(Fault::new(pointer("/household/facts", id), FaultCode::AboutOneChild, detail));
                }
            }
        }
        let mut children = Vec::new();
        for child in &self.children {
            let mut answers = rules.understood(child.answers.clone());
            faults.extend(self.ages(rules, child, &mut answers));
            match rules.read_understood(&answers, &child.at) {
                Ok(own) => children.push((answers, own)),
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let with_household = |(answers, own)| match &self.household {
            None => Ok(own),
            Some(_) => rules.read_understood(&self.with_household(rules, answers), ""),
        };
        children.into_iter().map(with_household).collect()
    }

    /// Everything that was said of a child, the household's and what its dates tell among it.
    pub fn all_said_of(&self, rules: &RuleSet, child: &Child) -> Answers {
        let mut answers = rules.understood(child.answers.clone());
        // A date that cannot be an age here leaves the age not known.
        self.ages(rules, child, &mut answers);
        self.with_household(rules, answers)
    }

    /// What was said about a child, and about its household where the child's own answer does not beat it.
    pub fn answers_of(&self, rules: &RuleSet, child: &Child) -> Answers {
        self.with_household(rules, rules.understood(child.answers.clone()))
    }

    /// A child's own answer beats the household's; not known and refused beat nothing and are kept.
    fn with_household(&self, rules: &RuleSet, mut answers: Answers) -> Answers {
        let Some(household) = self.household.clone() else { return answers };
        let household = rules.understood(household);
        answers.concerns.extend(household.concerns.iter().cloned());
        for (id, said) in &household.said {
            match answers.said.iter_mut().find(|(own, _)| own == id) {
                None => answers.said.push((id.clone(), said.clone())),
                Some((_, own)) if matches!(own, Said::NotKnown | Said::Refused) => *own = said.clone(),
                Some(_) => {}
            }
        }
        answers
    }

    /// Turns dates into the facts that the framework names for them.
    fn ages(&self, rules: &RuleSet, child: &Child, answers: &mut Answers) -> Vec<Fault> {
        let mut faults = Vec::new();
        if child.date_of_birth.is_none() && child.due_date.is_none() {
            return faults;
        }
        let named = &rules.framework().child;
        let Some(received) = self.received_at else {
            let key = if child.date_of_birth.is_some() { "date_of_birth" } else { "due_date" };
            let fault = Fault::new(
                format!("{}/{key}", child.at),
                FaultCode::ReceivedAtNeeded,
                "an age is reckoned at the time of receipt",
            );
            return vec![fault.instead("send `received_at`, or the age in months as a fact")];
        };
        let today = rules.framework().calendar.london(received).date();
        if let Some(born) = child.date_of_birth {
            let at = format!("{}/date_of_birth", child.at);
            if born > today {
                let fault =
                    Fault::new(at, FaultCode::BornAfterReceipt, "the date of birth is after the time of receipt");
                faults.push(fault.instead("for an unborn baby send `due_date`"));
            } else if let (Some(fact), Ok(age)) = (&named.age_in_months, born.until((Unit::Month, today))) {
                let months = i64::from(age.get_years()) * 12 + i64::from(age.get_months());
                let answer = Answer::Number(months);
                let highest = rules.fact(fact).map(|fact| &rules.indicators()[fact].kind);
                match highest {
                    Some(Kind::Number { to, .. }) if months > *to => {
                        faults.push(Fault::new(at, FaultCode::OutOfRange, "the person is too old for this framework"));
                    }
                    _ => add(answers, fact, answer),
                }
            }
        }
        if let Some(due) = child.due_date {
            let weeks = due.since((Unit::Day, today)).map_or(0, |span| span.get_days()).div_euclid(7);
            if let Some(fact) = &named.unborn {
                add(answers, fact, Answer::YesNo(true));
            }
            // A baby may be some weeks overdue; the framework says how many it has.
            let of = named
                .gestation_in_weeks
                .as_ref()
                .zip(named.gestation_in_weeks.as_deref().and_then(|id| rules.fact(id)));
            if let Some((id, fact)) = of
                && let Kind::Number { from, to, .. } = &rules.indicators()[fact].kind
                && (*from..=*to).contains(&i64::from(40 - weeks))
            {
                add(answers, id, Answer::Number(i64::from(40 - weeks)));
            }
        }
        faults
    }
}

/// Adds a reckoned answer beside what was said: two accounts when they differ.
fn add(answers: &mut Answers, fact: &str, reckoned: Answer) {
    match answers.said.iter_mut().find(|(id, _)| id == fact) {
        None => answers.said.push((fact.to_owned(), Said::Answer(reckoned))),
        Some((_, said)) => match said {
            Said::Answer(given) if *given != reckoned => *said = Said::TwoAccounts(given.clone(), reckoned),
            Said::NotKnown | Said::Refused => *said = Said::Answer(reckoned),
            Said::Answer(_) | Said::TwoAccounts(..) => {}
        },
    }
}

/// What one child's findings ask for every other child: actions and first questions, never a level.
fn across_children<'r>(rules: &'r RuleSet, facts: &[Facts], evaluations: &mut [Evaluation<'r>]) {
    for rule in &rules.across_children {
        let found: Vec<bool> = facts.iter().map(|facts| has(rules, facts, &rule.need)).collect();
        for (index, evaluation) in evaluations.iter_mut().enumerate() {
            let another = found.iter().enumerate().any(|(other, found)| other != index && *found);
            if !another {
                continue;
            }
            for action in &rule.actions {
                let to_do = rules.to_do(*action);
                if !evaluation.actions.iter().any(|listed| listed.id == to_do.id) {
                    evaluation.limits.extend(to_do.within.map(|within| (within, to_do.clock)));
                    evaluation.actions.push(to_do);
                }
            }
            evaluation.actions.sort_by_key(|action| action.within.map_or(u32::MAX, Within::nominal_hours));
            for fact in rule.ask_first.iter().rev() {
                if facts[index].known(*fact).is_some() {
                    continue;
                }
                let indicator = &rules.indicators()[*fact];
                let listed = evaluation.ask_next.iter().position(|question| question.fact == indicator.id);
                let question = listed.map_or_else(
                    || Question {
                        fact: &indicator.id,
                        ask: &indicator.ask,
                        could_reach: rules.highest_given(*fact).max(evaluation.at_least.rank),
                        could_lower_to: None,
                        would_know: &indicator.would_know,
                    },
                    |at| evaluation.ask_next.remove(at),
                );
                evaluation.ask_next_total += usize::from(listed.is_none());
                evaluation.ask_next.insert(0, question);
            }
        }
    }
}
