//! Answers as received become dense facts; what a rule set does not understand is told, with the nearest it would.

use super::rule_set::{AnswerClass, Indicator, Kind, RuleSet};
use crate::facts::{Answer, Answers, Class, FactIndex, Facts, OtherAccount, Said};
use crate::json::{Fault, FaultCode, pointer};

impl RuleSet {
    /// Reads answers; `at` is the pointer under which `facts` and `concerns` stood.
    ///
    /// # Errors
    /// Every unknown fact, wrong kind of answer and unknown topic, each with its pointer. Nothing is coerced.
    pub fn read(&self, answers: &Answers, at: &str) -> Result<Facts, Vec<Fault>> {
        self.read_understood(&self.understood(answers.clone()), at)
    }

    /// The same of answers that are understood already.
    pub(crate) fn read_understood(&self, answers: &Answers, at: &str) -> Result<Facts, Vec<Fault>> {
        let mut faults = Vec::new();
        let facts = self.read_known(answers, at, &mut faults);
        if faults.is_empty() { Ok(facts) } else { Err(faults) }
    }

    /// Reads answers given under another rule set: what this one does not know is listed, never refused.
    pub fn read_for_replay(&self, answers: &Answers) -> Facts {
        let mut known = self.understood(answers.clone());
        let mut unknown = Vec::new();
        known.concerns.retain(|topic| self.topics.iter().any(|known| known.id == *topic));
        known.said.retain(|(id, said)| {
            let fine = self.fact(id).is_some_and(|fact| {
                let mut faults = Vec::new();
                let one = Answers { said: vec![(id.clone(), said.clone())], ..Answers::default() };
                self.read_known(&one, "", &mut faults);
                faults.is_empty() && fact < self.indicators.len()
            });
            if !fine {
                unknown.push(id.clone());
            }
            fine
        });
        let mut facts = self.read_known(&known, "", &mut Vec::new());
        facts.not_in_rule_set = unknown;
        facts
    }

    /// What was said, with every `refused` taken for what it is: an answer where it is one of the question's own (as to
    /// a question about agreement), else a refusal to answer, beside which another account stands alone.
    pub(crate) fn understood(&self, mut answers: Answers) -> Answers {
        let refused = Answer::Word("refused".to_owned());
        let may_be_refused = |(_, said): &&mut (String, Said)| match said {
            Said::Refused => true,
            Said::NotKnown => false,
            Said::Answer(answer) => *answer == refused,
            Said::TwoAccounts(one, other) => *one == refused || *other == refused,
        };
        for (id, said) in answers.said.iter_mut().filter(may_be_refused) {
            let own = |fact: FactIndex| self.indicators[fact].classes.iter().any(|class| class.answer == refused);
            let own = self.fact(id).is_some_and(own);
            let understood = match &*said {
                Said::Refused if own => Said::Answer(refused.clone()),
                Said::Answer(answer) if !own && *answer == refused => Said::Refused,
                Said::TwoAccounts(one, other) if !own && *one == refused => Said::Answer(other.clone()),
                Said::TwoAccounts(one, other) if !own && *other == refused => Said::Answer(one.clone()),
                _ => continue,
            };
            *said = understood;
        }
        answers
    }

    /// How much concern an answer shows, as far as this rule set knows the fact and its answer.
    pub fn concern(&self, fact: &str, answer: &Answer) -> Option<Class> {
        let fact = self.fact(fact)?;
        self.indicators[fact].class_of(answer).ok().filter(|_| !self.index.unordered.contains(fact))
    }

    /// A fact's question; of one that this rule set does not know, its id in words.
    pub fn question(&self, fact: &str) -> String {
        self.fact(fact).map_or_else(|| sentence(fact), |fact| self.indicators[fact].ask.clone())
    }

    /// An answer as the form words it.
    pub fn in_words(&self, fact: &str, answer: &Answer) -> String {
        match answer {
            Answer::YesNo(true) => "Yes".to_owned(),
            Answer::YesNo(false) => "No".to_owned(),
            Answer::Number(number) => number.to_string(),
            Answer::Word(word) => {
                let indicator = self.fact(fact).map(|fact| &self.indicators[fact]);
                let choice = indicator.filter(|indicator| indicator.kind == Kind::Choice);
                let class = choice.and_then(|choice| choice.classes.iter().find(|class| class.answer == *answer));
                class.map_or_else(|| sentence(word), |class| class.label.clone())
            }
        }
    }

    fn read_known(&self, answers: &Answers, at: &str, faults: &mut Vec<Fault>) -> Facts {
        let mut facts = Facts::nothing_said(self.indicators.len());
        facts.scope = answers.scope;
        for (index, concern) in answers.concerns.iter().enumerate() {
            match self.topics.iter().position(|topic| topic.id == *concern) {
                Some(topic) => facts.raised.insert(topic),
                None => {
                    let known = self.topics.iter().map(|topic| topic.id.as_str());
                    let fault = Fault::new(
                        format!("{at}/concerns/{index}"),
                        FaultCode::UnknownTopic,
                        "no such topic in this rule set",
                    );
                    faults.push(fault.suggest(concern, known));
                }
            }
        }
        let base = format!("{at}/facts");
        for (id, said) in &answers.said {
            let Some(fact) = self.fact(id) else {
                let fault = Fault::new(pointer(&base, id), FaultCode::UnknownFact, "no such fact in this rule set");
                faults.push(fault.suggest(id, self.indicators.iter().map(|fact| fact.id.as_str())));
                continue;
            };
            self.read_said(fact, said, &pointer(&base, id), &mut facts, faults);
        }
        facts
    }

    fn read_said(&self, fact: FactIndex, said: &Said, at: &str, facts: &mut Facts, faults: &mut Vec<Fault>) {
        let indicator = &self.indicators[fact];
        let mut read = |answer: &Answer, at: String| match indicator.class_of(answer) {
            Ok(class) => Some((class, number(answer))),
            Err(fault) => {
                faults.push(Fault { pointer: at, ..fault });
                None
            }
        };
        match said {
            Said::NotKnown => facts.said_not_known.insert(fact),
            Said::Refused => facts.said_refused.insert(fact),
            Said::Answer(answer) => {
                if let Some((class, number)) = read(answer, at.to_owned()) {
                    facts.set(fact, class);
                    facts.numbers.extend(number.map(|number| (fact, number)));
                }
            }
            Said::TwoAccounts(first, second) => {
                let first = read(first, pointer(at, "answer"));
                let second = read(second, pointer(at, "also_said"));
                if let (Some(first), Some(second)) = (first, second) {
                    // Without an order of concern neither account is the more protective, so the first stands.
                    let keep_first = first.0 >= second.0 || self.index.unordered.contains(fact);
                    let (used, other) = if keep_first { (first, second) } else { (second, first) };
                    facts.set(fact, used.0);
                    facts.numbers.extend(used.1.map(|number| (fact, number)));
                    facts.other_accounts.push(OtherAccount { fact, class: other.0, number: other.1 });
                }
            }
        }
    }

    /// How an answer is shown: the number as given, else the class's answer.
    pub(crate) fn shown(&self, facts: &Facts, fact: FactIndex, class: Class) -> Answer {
        let number = facts.numbers.iter().find(|(of, _)| *of == fact).map(|(_, number)| *number);
        match (number, self.indicators[fact].classes.get(usize::from(class))) {
            (Some(number), _) if facts.known(fact) == Some(class) => Answer::Number(number),
            (_, Some(class)) => class.answer.clone(),
            (_, None) => Answer::Word("not_known".to_owned()),
        }
    }
}

/// A word as one reads it.
fn sentence(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}", letters.as_str().replace('_', " "))
}

fn number(answer: &Answer) -> Option<i64> {
    if let Answer::Number(number) = answer { Some(*number) } else { None }
}

impl Indicator {
    /// The class of an answer in a word, if it is one of this question's.
    pub(crate) fn class_of_word(&self, word: &str) -> Option<Class> {
        match self.kind {
            Kind::Choice => self.position(|class| matches!(&class.answer, Answer::Word(own) if own == word)),
            Kind::Number { never: true, .. } if word == "never" => Some(0),
            Kind::Number { .. } | Kind::YesNo { .. } => None,
        }
    }

    fn position(&self, wanted: impl Fn(&AnswerClass) -> bool) -> Option<Class> {
        self.classes.iter().position(wanted).and_then(|class| Class::try_from(class).ok())
    }

    /// The class of an answer, or what is wrong with it; the pointer is the caller's to fill.
    pub(crate) fn class_of(&self, answer: &Answer) -> Result<Class, Fault> {
        let wrong = |code, detail: String| Fault::new("", code, detail);
        if let Answer::Word(word) = answer
            && let Some(class) = self.class_of_word(word)
        {
            return Ok(class);
        }
        match (&self.kind, answer) {
            (Kind::YesNo { .. }, Answer::YesNo(_)) => self
                .position(|class| class.answer == *answer)
                .ok_or_else(|| wrong(FaultCode::UnknownAnswer, "true or false is expected".to_owned())),
            (Kind::YesNo { .. }, _) => {
                let fault = wrong(FaultCode::WrongType, format!("`{}` takes true or false", self.id));
                Err(fault.instead("true, false, null, \"not_known\" or \"refused\""))
            }
            (Kind::Number { from, to, .. }, Answer::Number(number)) => self.class_of_number(*number).ok_or_else(|| {
                wrong(FaultCode::OutOfRange, format!("`{}` takes a whole number from {from} to {to}", self.id))
            }),
            (Kind::Number { from, to, .. }, _) => {
                let fault =
                    wrong(FaultCode::WrongType, format!("`{}` takes a whole number from {from} to {to}", self.id));
                Err(fault.instead("a JSON number without quotes, null, \"not_known\" or \"refused\""))
            }
            (Kind::Choice, Answer::Word(word)) => {
                let answers: Vec<String> =
                    self.classes.iter().map(|class| class.answer.to_string().replace(' ', "_")).collect();
                let fault =
                    wrong(FaultCode::UnknownAnswer, format!("`{}` takes one of: {}", self.id, answers.join(", ")));
                Err(fault.suggest(word, answers.iter().map(String::as_str)))
            }
            (Kind::Choice, _) => {
                Err(wrong(FaultCode::WrongType, format!("`{}` takes one of its answers, as text", self.id)))
            }
        }
    }
}
