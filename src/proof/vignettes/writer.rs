//! Pairs written down: each referral once, with an id, a story, and what the evaluator says of it.

use super::search::Found;
use super::told::{Boundary, Line, Rule, Vignette};
use crate::criteria::{Places, RuleSet};
use crate::facts::{Answer, Answers, Facts, Said};
use crate::ladder::Rank;
use crate::level::{Explain, evaluate, findings};
use crate::proof::checks::Counterexample;
use crate::proof::instance::{End, Referral};
use crate::proof::{Disagreement, Source};

/// How long an example's id may be.
const MAX_ID: usize = 100;
/// How long its story may be.
const MAX_STORY: usize = 2000;

/// What is written so far.
pub(super) struct Writer<'r> {
    pub rules: &'r RuleSet,
    pub places: &'r Places<'r>,
    pub written: Vec<Vignette>,
}

impl Writer<'_> {
    /// Writes down the three referrals of a pair, unless they are already.
    pub fn pair(&mut self, rank: Rank, rule: Option<Source>, found: &Found) -> Result<Boundary, Disagreement> {
        let fact = self.rules.indicators()[found.step.question].id.clone();
        let name = rule.map_or_else(|| "several_together".to_owned(), |rule| as_id(&rule.name_in_full(self.rules)));
        let id = format!("line_{}_{rank}__{name}", rank - 1);
        let others: Vec<_> = found.above.said.iter().filter(|(other, _)| *other != fact).cloned().collect();
        let above = self.write(&id, "above", &found.above.said, None);
        let below = self.write(&id, "below", &found.below.said, None);
        let open = self.write(&id, "open", &others, Some(&fact));
        for (place, is_right) in
            [(above, self.written[above].at_least >= rank), (below, self.written[below].at_least < rank)]
        {
            if !is_right {
                let Vignette { at_least, story, .. } = &self.written[place];
                return Err(Disagreement { proved: rank, evaluated: *at_least, referral: story.clone() });
            }
        }
        if let Some(rule) = rule {
            self.expect(above, rule, true);
            self.expect(below, rule, false);
        }
        let id = |place: usize| self.written[place].id.clone();
        Ok(Boundary {
            line: Line::to(rank),
            rule: rule.map(|rule| self.named(rule)),
            answer_above: found.step.from.clone(),
            answer_below: found.step.to.clone(),
            is_smallest: found.above.is_smallest,
            above: id(above),
            below: id(below),
            open: id(open),
            fact,
        })
    }

    /// A rule as whoever reviews it knows it.
    pub fn named(&self, rule: Source) -> Rule {
        let (topic, answer) = match rule {
            Source::Answer(fact, class) => {
                let indicator = &self.rules.indicators()[fact];
                (Some(indicator.topic), Some(indicator.classes[usize::from(class)].answer.clone()))
            }
            Source::Criterion(criterion) => (Some(self.rules.criteria()[criterion].topic), None),
            Source::Threshold(_) => (None, None),
        };
        Rule {
            name: rule.name_in_full(self.rules),
            id: rule.id(self.rules).to_owned(),
            answer,
            gives: rule.given(self.rules),
            topic: topic.map(|topic| self.rules.topics()[topic].id.clone()),
            place: rule.place(self.rules, self.places),
        }
    }

    /// Writes down a referral as the evaluator answers it; its place among what is written.
    fn write(&mut self, id: &str, side: &str, said: &[(String, Answer)], not_known: Option<&String>) -> usize {
        let is_same = |other: &Vignette| other.said == said && other.not_known.as_ref() == not_known;
        if let Some(place) = self.written.iter().position(is_same) {
            return place;
        }
        let evaluation = evaluate(self.rules, &self.read(said, not_known), Explain::None);
        let is_not_known = |fact: &str| not_known.is_some_and(|not_known| not_known == fact);
        self.written.push(Vignette {
            id: self.free_id(id, side),
            story: self.story(said, not_known),
            said: said.to_vec(),
            not_known: not_known.cloned(),
            at_least: evaluation.at_least.rank,
            settled: evaluation.settled,
            found: Vec::new(),
            not_found: Vec::new(),
            asks: evaluation.ask_next.iter().any(|question| is_not_known(question.fact)),
            presumed: evaluation.presumed.iter().any(|presumed| is_not_known(presumed.fact)),
        });
        self.written.len() - 1
    }

    /// Adds whether a rule is found, where the evaluator says the same by its id: a fact is found by each of its answers
    /// that gives something, so it may be found on both sides of a line.
    fn expect(&mut self, place: usize, rule: Source, found: bool) {
        let Vignette { said, not_known, .. } = &self.written[place];
        let id = rule.id(self.rules);
        let rules = findings(self.rules, &self.read(said, not_known.as_ref())).0;
        let is_found = rules.iter().any(|rule| rule.id == id && rule.found);
        let vignette = &mut self.written[place];
        let expected = if found { &mut vignette.found } else { &mut vignette.not_found };
        if is_found == found && !expected.iter().any(|known| known == id) {
            expected.push(id.to_owned());
        }
    }

    fn read(&self, said: &[(String, Answer)], not_known: Option<&String>) -> Facts {
        let said = said.iter().map(|(id, answer)| (id.clone(), Said::Answer(answer.clone())));
        let not_known = not_known.map(|id| (id.clone(), Said::NotKnown));
        self.rules.read_for_replay(&Answers { said: said.chain(not_known).collect(), ..Answers::default() })
    }

    /// A referral as a story, in the questions' own words.
    fn story(&self, said: &[(String, Answer)], not_known: Option<&String>) -> String {
        let referral = Referral { said: said.to_vec(), end: End::AtLeast, is_smallest: true };
        let told = Counterexample::of(self.rules, &referral).said;
        let told: Vec<String> = told.iter().map(|said| format!("{} {}.", said.ask, said.words)).collect();
        let open = not_known.map(|fact| format!(" Asked, and nobody knows: {}", self.rules.question(fact)));
        let open = open.unwrap_or_default();
        let story = match told.as_slice() {
            [] => format!("A child of whom nothing else is said.{open}"),
            told => format!("A child of whom this is said and nothing else: {}{open}", told.join(" ")),
        };
        match story.chars().count() {
            0..=MAX_STORY => story,
            _ => format!("A child of whom {} things are said, more than a story may hold.{open}", told.len()),
        }
    }

    /// An id that is not too long, and that no other has.
    fn free_id(&self, start: &str, side: &str) -> String {
        let numbers = std::iter::once(String::new()).chain((2..).map(|number| format!("_{number}")));
        let ids = numbers.map(|number| {
            let room = MAX_ID - number.len() - side.len() - 2;
            let start: String = start.chars().take(room).collect();
            format!("{start}{number}__{side}")
        });
        let is_free = |id: &String| !self.written.iter().any(|other| other.id == *id);
        let mut free = ids.filter(is_free);
        free.next().unwrap_or_else(|| start.to_owned())
    }
}

/// A rule's name as part of an id.
fn as_id(name: &str) -> String {
    name.replace(": ", "__").replace(' ', "_").replace('-', "minus_")
}
