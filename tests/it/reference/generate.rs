//! Random small rule sets that satisfy the language's rules, and random referrals to them.
//!
//! A *strict* model keeps every rule of the language and must load. A *sloppy* one breaks the shape rule here and
//! there: most of those are refused, and whatever the loader accepts must still mean what the prose says.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::evaluate;
use super::model::{
    ACTIONS, Atom, CONSIDERATIONS, Condition, Criterion, Domain, Fact, Gives, Kind, Model, Modifiers, Need, Needs,
    Protection, Rank, Raw, Referral, Role, Said, Script, Test, Threshold, Topic, What,
};

const WORDS: [&str; 5] = ["calm", "uneasy", "strained", "grave", "extreme"];

/// A random rule set.
pub fn model(dice: &mut Dice, sloppy: bool) -> Model {
    let counting = dice.chance(45);
    let (concerned, softening) = (Vec::new(), Vec::new());
    Generator { dice, sloppy, counting, concerned, softening, script: None }.model()
}

struct Generator<'d> {
    dice: &'d mut Dice,
    sloppy: bool,
    /// Mostly counts, thresholds and modifiers, where the others are mostly floors.
    counting: bool,
    /// Criteria that test only the side of concern, and whether each leaves out unordered facts.
    concerned: Vec<(String, bool)>,
    /// Named conditions that may soften.
    softening: Vec<String>,
    script: Option<Script>,
}

impl Generator<'_> {
    fn model(&mut self) -> Model {
        let ranks: Rank = [3, 4, 5, 5, 5][self.dice.below(5)];
        let protection_from = match self.dice.below(10) {
            0 => None,
            1 if ranks > 3 => Some(ranks - 1),
            _ => Some(ranks),
        };
        let topics =
            (0..self.dice.between(1, 3)).map(|index| Topic { id: format!("topic_{index}"), domain: self.domain() });
        let mut model = Model {
            ranks,
            protection_from,
            topics: topics.collect(),
            facts: Vec::new(),
            criteria: Vec::new(),
            groups: Vec::new(),
            thresholds: Vec::new(),
            modifiers: None,
            hardship_never_reaches: None,
            protection: Vec::new(),
        };
        for index in 0..self.dice.between(3, 7) {
            let fact = self.fact(&model, index);
            model.facts.push(fact);
        }
        self.partners(&mut model);
        if self.dice.chance(40) {
            self.named_softening(&mut model);
        }
        for index in 0..model.facts.len() {
            self.fill_gives(&mut model, index);
        }
        if self.dice.chance(35) {
            self.script = self.random_script(&model);
        }
        for index in 0..self.dice.between(0, 5) {
            let criterion = self.criterion(&model, index);
            model.criteria.push(criterion);
        }
        for index in 0..model.facts.len() {
            if self.dice.chance(15) {
                model.facts[index].asked_when = Some(self.gate(&model, index, 1));
            }
        }
        self.counting(&mut model);
        // Criteria may name each other in any order of the file.
        self.dice.shuffle(&mut model.criteria);
        model
    }

    fn sloppy(&mut self) -> bool {
        self.sloppy && self.dice.chance(8)
    }

    fn domain(&mut self) -> Domain {
        if self.dice.chance(15) { Domain::None } else { Domain::REAL[self.dice.below(4)] }
    }

    fn topic(&mut self, model: &Model) -> String {
        model.topics[self.dice.below(model.topics.len())].id.clone()
    }

    fn rank(&mut self, model: &Model) -> Rank {
        self.dice.between(2, usize::from(model.ranks)) as Rank
    }

    // Facts -----------------------------------------------------------------------------------------------------------

    fn fact(&mut self, model: &Model, index: usize) -> Fact {
        let role = match self.dice.below(100) {
            0..60 => Role::Sign,
            60..68 => Role::Circumstance,
            68..73 => Role::Context,
            73..84 => Role::Presumed,
            84..93 => Role::Protective,
            _ => Role::Unordered,
        };
        let nothing = Gives::default;
        let kind = match (role, self.dice.below(100)) {
            (Role::Protective, _) => Kind::YesNo { concern: false, gives: nothing() },
            (Role::Unordered, _) | (_, 0..30) => {
                let count = self.dice.between(2, 4);
                Kind::Choice(WORDS[..count].iter().map(|word| ((*word).to_owned(), nothing())).collect())
            }
            (Role::Sign | Role::Circumstance | Role::Context, 30..50) => {
                let from = self.dice.below(3) as i64 * 5;
                let to = from + self.dice.between(2, 5) as i64;
                Kind::Number {
                    from,
                    to,
                    lower_is_worse: self.dice.chance(40),
                    never: self.dice.chance(25),
                    bands: Vec::new(),
                }
            }
            _ => Kind::YesNo { concern: self.dice.chance(75), gives: nothing() },
        };
        Fact {
            id: format!("fact_{index}"),
            topic: self.topic(model),
            domain: self.dice.chance(20).then(|| self.domain()),
            role,
            household: self.dice.chance(30),
            core: role != Role::Protective && self.dice.chance(35),
            counts_with: None,
            asked_when: None,
            kind,
        }
    }

    /// Some facts are told under another's name.
    fn partners(&mut self, model: &mut Model) {
        for index in 1..model.facts.len() {
            let owner = self.dice.below(index);
            let fits = model.facts[index].role != Role::Protective && model.facts[owner].counts_with.is_none();
            let is_owner = |id: &String| model.facts.iter().any(|fact| fact.counts_with.as_ref() == Some(id));
            if fits && !is_owner(&model.facts[index].id) && self.dice.chance(15) {
                model.facts[index].counts_with = Some(model.facts[owner].id.clone());
            }
        }
    }

    /// What every answer gives, never less as concern rises.
    fn fill_gives(&mut self, model: &mut Model, index: usize) {
        let fact = model.facts[index].clone();
        let moves = matches!(fact.role, Role::Sign | Role::Presumed);
        if fact.role == Role::Protective {
            return;
        }
        let mut before = Gives::default();
        let mut next = |generator: &mut Self| {
            let gives = if moves { generator.more_than(model, &before) } else { Gives::default() };
            let gives = generator.beside(model, gives, fact.role != Role::Unordered);
            before = gives.clone();
            gives
        };
        let kind = match fact.kind {
            Kind::YesNo { concern, .. } => Kind::YesNo { concern, gives: next(self) },
            Kind::Choice(answers) => {
                let answers = answers.into_iter().enumerate().map(|(place, (word, least))| {
                    let gives = if place == 0 && fact.role != Role::Unordered { least } else { next(self) };
                    (word, gives)
                });
                Kind::Choice(answers.collect())
            }
            Kind::Number { from, to, lower_is_worse, never, .. } => {
                let size = (to - from) as usize + 1 + usize::from(never);
                let places: BTreeSet<usize> = (0..self.dice.below(3)).map(|_| self.dice.between(1, size - 1)).collect();
                let bands = places.into_iter().map(|place| (place, next(self))).collect();
                Kind::Number { from, to, lower_is_worse, never, bands }
            }
        };
        model.facts[index].kind = kind;
    }

    /// Actions, considerations and openings, which may stand beside anything.
    fn beside(&mut self, model: &Model, mut gives: Gives, may_open: bool) -> Gives {
        gives.actions = self.some_ids(20, &ACTIONS);
        gives.consider = self.some_ids(15, &CONSIDERATIONS.map(|(id, _)| id));
        gives.opens = if may_open && self.dice.chance(10) { vec![self.topic(model)] } else { Vec::new() };
        gives
    }

    fn some_ids(&mut self, percent: usize, ids: &[&str]) -> Vec<String> {
        if self.dice.chance(percent) { vec![ids[self.dice.below(ids.len())].to_owned()] } else { Vec::new() }
    }

    fn raises(&mut self) -> bool {
        self.dice.chance(if self.counting { 35 } else { 12 })
    }

    fn level(&mut self, model: &Model) -> Option<(What, Rank)> {
        let what = match self.dice.below(10) {
            0..2 => return None,
            2..4 => What::Counts,
            4..8 if self.counting => What::Counts,
            4 | 8 => What::Duty,
            _ => What::Floor,
        };
        Some((what, self.rank(model)))
    }

    /// A contribution that gives at least as much as another in every sense.
    fn more_than(&mut self, model: &Model, before: &Gives) -> Gives {
        for _ in 0..8 {
            let level = self.level(model);
            let hardship = matches!(level, Some((What::Counts, _))) && self.dice.chance(35);
            let raises = before.raises || self.raises();
            let mut gives = Gives { level, hardship, raises, ..Gives::default() };
            if let Some((What::Floor | What::Duty, rank)) = level
                && self.dice.chance(35)
            {
                let then = self.dice.between(1, usize::from(rank) - 1) as Rank;
                gives.unless = self.softening_condition(model, 1).map(|condition| (condition, then));
            }
            if self.sloppy() || is_no_less(before, &gives) {
                return gives;
            }
        }
        Gives { level: before.level, hardship: before.hardship, raises: before.raises, ..Gives::default() }
    }

    // Conditions ------------------------------------------------------------------------------------------------------

    /// A test of one fact from some answer up to the greatest.
    fn concern(&mut self, fact: &Fact) -> Condition {
        let answers = fact.answers();
        let place = self.dice.between(1, fact.greatest());
        if self.sloppy() {
            let test = self.other_side(fact);
            return Condition::Test(fact.id.clone(), test);
        }
        let exact = fact.size() - place <= 3 && self.dice.chance(25);
        let test = match &fact.kind {
            Kind::YesNo { concern, .. } => {
                return match self.dice.below(4) {
                    0 | 1 if *concern => Condition::Bare(fact.id.clone()),
                    2 => Condition::Not(Box::new(Condition::Test(fact.id.clone(), Test::YesNo(!concern)))),
                    3 => Condition::Test(fact.id.clone(), Test::Is(Raw::YesNo(*concern))),
                    _ => Condition::Test(fact.id.clone(), Test::YesNo(*concern)),
                };
            }
            _ if place == fact.greatest() && exact => Test::Is(answers[place].clone()),
            _ if exact => Test::OneOf(answers[place..].to_vec()),
            Kind::Number { lower_is_worse: true, never, .. } => {
                if self.dice.chance(50) && place > usize::from(*never) {
                    Test::Below(answers[place - 1].clone())
                } else {
                    Test::AtMost(answers[place].clone())
                }
            }
            Kind::Choice(_) | Kind::Number { .. } => {
                let never = matches!(fact.kind, Kind::Number { never: true, .. });
                if self.dice.chance(50) && place > usize::from(never) {
                    Test::Above(answers[place - 1].clone())
                } else {
                    Test::AtLeast(answers[place].clone())
                }
            }
        };
        Condition::Test(fact.id.clone(), test)
    }

    /// A test of one fact from the least answer up to some answer.
    fn other_side(&mut self, fact: &Fact) -> Test {
        let answers = fact.answers();
        let place = self.dice.below(fact.greatest());
        let never = matches!(fact.kind, Kind::Number { never: true, .. });
        match &fact.kind {
            Kind::YesNo { concern, .. } => Test::YesNo(!concern),
            _ if place == 0 && self.dice.chance(40) => Test::Is(answers[0].clone()),
            _ if never || self.dice.chance(25) => Test::OneOf(answers[..=place].to_vec()),
            Kind::Number { lower_is_worse: true, .. } if self.dice.chance(50) => {
                Test::Above(answers[place + 1].clone())
            }
            Kind::Number { lower_is_worse: true, .. } => Test::AtLeast(answers[place].clone()),
            _ if self.dice.chance(50) => Test::Below(answers[place + 1].clone()),
            _ => Test::AtMost(answers[place].clone()),
        }
    }

    /// What may soften a floor: presumed facts on the other side, and what was stated.
    fn softening_condition(&mut self, model: &Model, depth: usize) -> Option<Condition> {
        if depth > 0 && self.dice.chance(25) {
            let parts: Vec<Condition> = (0..2).filter_map(|_| self.softening_condition(model, depth - 1)).collect();
            let all = self.dice.chance(50);
            let empty = parts.is_empty();
            let condition = if all { Condition::All(parts) } else { Condition::Any(parts) };
            return (!empty).then_some(condition);
        }
        if self.dice.chance(20)
            && let Some(name) = self.dice.pick(&self.softening)
        {
            return Some(Condition::Bare(name.clone()));
        }
        let ordered: Vec<&Fact> = model.facts.iter().filter(|fact| fact.role != Role::Unordered).collect();
        let fact = *self.dice.pick(&ordered)?;
        let test =
            if self.sloppy() { Test::Is(fact.answers()[fact.greatest()].clone()) } else { self.other_side(fact) };
        let test = Condition::Test(fact.id.clone(), test);
        if fact.role == Role::Protective && self.dice.chance(60) {
            return Some(Condition::Stated(Box::new(Condition::Bare(fact.id.clone()))));
        }
        if (fact.role == Role::Presumed && self.dice.chance(60)) || self.sloppy() {
            return Some(test);
        }
        Some(Condition::Stated(Box::new(test)))
    }

    fn named_softening(&mut self, model: &mut Model) {
        if let Some(when) = self.softening_condition(model, 1) {
            let id = "softening".to_owned();
            let topic = self.topic(model);
            model.criteria.push(Criterion {
                id: id.clone(),
                topic,
                domain: None,
                when,
                gives: None,
                counts_with: None,
            });
            self.softening.push(id);
        }
    }

    /// A condition that only rises with concern; whether it leaves out unordered facts is told too.
    fn condition(&mut self, model: &Model, depth: usize, moves: bool, pure: &mut bool) -> Condition {
        if depth > 0 && self.dice.chance(60) {
            let count = self.dice.between(2, 3);
            let parts = (0..count).map(|_| self.condition(model, depth - 1, moves, pure)).collect();
            return if self.dice.chance(55) { Condition::All(parts) } else { Condition::Any(parts) };
        }
        let named: Vec<(String, bool)> = self.concerned.iter().filter(|(_, pure)| !moves || *pure).cloned().collect();
        match self.dice.below(100) {
            0..15 if !named.is_empty() => {
                let (id, is_pure) = named[self.dice.below(named.len())].clone();
                *pure &= is_pure;
                return Condition::Bare(id);
            }
            15..38 => return Condition::Need(self.need(model)),
            38..48 => {
                if let Some(script) = &self.script {
                    return Condition::Script(script.clone());
                }
            }
            48..60 if !moves && *pure => {
                let unordered = model.facts.iter().find(|fact| fact.role == Role::Unordered);
                if let Some(fact) = unordered {
                    *pure = false;
                    let word = fact.answers()[self.dice.below(fact.size())].clone();
                    return Condition::Test(fact.id.clone(), Test::Is(word));
                }
            }
            _ => {}
        }
        let tested = [Role::Sign, Role::Circumstance, Role::Context, Role::Presumed];
        let facts: Vec<&Fact> = model.facts.iter().filter(|fact| tested.contains(&fact.role)).collect();
        match self.dice.pick(&facts) {
            Some(fact) => self.concern(fact),
            None => Condition::Need(self.need(model)),
        }
    }

    fn need(&mut self, model: &Model) -> Need {
        let domains = self.dice.chance(45).then(|| {
            let mut domains = Domain::REAL.to_vec();
            self.dice.shuffle(&mut domains);
            domains.truncate(self.dice.between(1, 3));
            domains
        });
        let ids: Vec<String> = model
            .facts
            .iter()
            .map(|fact| fact.id.clone())
            .chain(model.criteria.iter().map(|it| it.id.clone()))
            .collect();
        let count = if self.dice.chance(50) { self.dice.between(1, 2) } else { 0 };
        let besides: BTreeSet<String> = (0..count).map(|_| ids[self.dice.below(ids.len())].clone()).collect();
        Need { at: self.rank(model), domains, harm: self.dice.chance(35), besides: besides.into_iter().collect() }
    }

    fn random_script(&mut self, model: &Model) -> Option<Script> {
        let readable = |fact: &&Fact| {
            !matches!(fact.role, Role::Unordered | Role::Protective)
                && !matches!(fact.kind, Kind::Number { never: true, .. })
        };
        let mut facts: Vec<&Fact> = model.facts.iter().filter(readable).collect();
        self.dice.shuffle(&mut facts);
        facts.truncate(self.dice.between(1, 2));
        if facts.is_empty() {
            return None;
        }
        let mut clauses = vec![Vec::new()];
        for fact in &facts {
            let atom =
                Atom { fact: fact.id.clone(), place: self.dice.between(1, fact.greatest()), exactly: self.sloppy() };
            if self.dice.chance(40) && !clauses[0].is_empty() {
                clauses.push(vec![atom]);
            } else if let Some(last) = clauses.last_mut() {
                last.push(atom);
            }
        }
        let mut fails_when = Vec::new();
        if self.dice.chance(50) {
            let fails = facts.iter().take(self.dice.between(1, 2)).map(|fact| {
                let exactly = self.dice.chance(70);
                let place = self.dice.between(usize::from(!exactly), fact.greatest());
                Atom { fact: fact.id.clone(), place, exactly }
            });
            fails_when.push(fails.collect());
        }
        Some(Script {
            name: "worked_out".to_owned(),
            reads: facts.iter().map(|fact| fact.id.clone()).collect(),
            any_of: clauses,
            fails_when,
            instead_of_failing: None,
        })
    }

    /// A condition for a gate: any test, any way round.
    fn gate(&mut self, model: &Model, of: usize, depth: usize) -> Condition {
        if depth > 0 && self.dice.chance(35) {
            let parts = (0..2).map(|_| self.gate(model, of, depth - 1)).collect();
            return if self.dice.chance(50) { Condition::All(parts) } else { Condition::Any(parts) };
        }
        if self.dice.chance(15)
            && let Some(criterion) = self.dice.pick(&model.criteria)
        {
            return Condition::Bare(criterion.id.clone());
        }
        let others: Vec<&Fact> =
            model.facts.iter().enumerate().filter(|(index, _)| *index != of).map(|(_, fact)| fact).collect();
        let fact = *self.dice.pick(&others).expect("there are at least three facts");
        let ordered = fact.role != Role::Unordered;
        if !ordered {
            return Condition::Test(fact.id.clone(), Test::Is(fact.answers()[self.dice.below(fact.size())].clone()));
        }
        let test = Condition::Test(fact.id.clone(), self.other_side(fact));
        match self.dice.below(3) {
            0 => test,
            1 if matches!(fact.kind, Kind::YesNo { .. }) => Condition::Not(Box::new(test)),
            _ => self.concern(fact),
        }
    }

    // Criteria, thresholds, modifiers -----------------------------------------------------------------------------------

    fn criterion(&mut self, model: &Model, index: usize) -> Criterion {
        let named_only = self.dice.chance(20);
        let level = if named_only { None } else { self.level(model) };
        let raises = !named_only && self.raises();
        let moves = level.is_some() || raises || (named_only && self.dice.chance(70));
        let mut pure = true;
        let when = self.condition(model, 2, moves, &mut pure);
        let id = format!("criterion_{index}");
        self.concerned.push((id.clone(), pure));
        let mut gives = Gives { level, raises, ..Gives::default() };
        gives.hardship = matches!(level, Some((What::Counts, _))) && self.dice.chance(30);
        if let Some((What::Floor | What::Duty, rank)) = level
            && self.dice.chance(30)
        {
            let then = self.dice.between(1, usize::from(rank) - 1) as Rank;
            gives.unless = self.softening_condition(model, 1).map(|condition| (condition, then));
        }
        let gives = self.beside(model, gives, false);
        let owners: Vec<&Fact> = model.facts.iter().filter(|fact| fact.counts_with.is_none()).collect();
        let owner = self.dice.pick(&owners).map(|fact| fact.id.clone());
        Criterion {
            id,
            topic: self.topic(model),
            domain: self.dice.chance(25).then(|| self.domain()),
            when,
            gives: (!named_only).then_some(gives),
            counts_with: owner.filter(|_| self.dice.chance(25)),
        }
    }

    fn counting(&mut self, model: &mut Model) {
        for _ in 0..self.dice.below(4) {
            let mut group = Domain::REAL.to_vec();
            self.dice.shuffle(&mut group);
            group.truncate(self.dice.between(1, 2));
            model.groups.push(group);
        }
        let highest = model.protection_from.map_or(model.ranks, |from| from - 1);
        let (fewest, most) = if self.counting { (2, 6) } else { (0, 3) };
        for index in 0..self.dice.between(fewest, most) {
            let needs = (0..self.dice.between(1, 2)).map(|_| {
                let at_least = self.dice.between(1, 3);
                Needs {
                    at: self.rank(model),
                    at_least,
                    domains: self.dice.chance(25).then(|| self.dice.between(1, at_least)),
                    groups: (self.dice.chance(20) && !model.groups.is_empty())
                        .then(|| self.dice.between(1, model.groups.len())),
                }
            });
            let needs = needs.collect();
            let unless = if self.dice.chance(45) { self.softening_condition(model, 1) } else { None };
            model.thresholds.push(Threshold {
                id: format!("threshold_{index}"),
                reaches: self.dice.between(2, usize::from(highest)) as Rank,
                needs,
                unless,
                consider: self.some_ids(25, &CONSIDERATIONS.map(|(id, _)| id)),
            });
        }
        if self.dice.chance(70) {
            let mut from: Vec<Rank> = (1..highest).collect();
            from.retain(|_| self.dice.chance(75));
            let instead = (1..=model.ranks).filter(|_| self.dice.chance(25));
            let instead: Vec<Rank> = instead.collect();
            let instead =
                instead.into_iter().map(|rank| (rank, CONSIDERATIONS[self.dice.below(2)].0.to_owned())).collect();
            model.modifiers = Some(Modifiers { steps_at_most: self.dice.between(0, 3), from, instead });
        }
        if self.dice.chance(60) {
            model.hardship_never_reaches = Some(self.rank(model));
        }
        let protective: Vec<String> =
            model.facts.iter().filter(|fact| fact.role == Role::Protective).map(|fact| fact.id.clone()).collect();
        let raising = model.facts.iter().filter(|fact| fact.all_gives().iter().any(|gives| gives.raises));
        let raising = raising.map(|fact| fact.id.clone());
        let criteria = model.criteria.iter().filter(|it| it.gives.as_ref().is_some_and(|gives| gives.raises));
        let raising: Vec<String> = raising.chain(criteria.map(|criterion| criterion.id.clone())).collect();
        for fact in protective {
            if self.dice.chance(70) {
                let cancels = raising.iter().filter(|_| self.dice.chance(60)).cloned().collect();
                model.protection.push(Protection { fact, cancels });
            }
        }
    }
}

/// The shape rule in one sentence: whatever was stated, the later answer gives at least as much in every sense in
/// which something looks at it (a floor or duty, a floor, a need, a need without hardship, a modifier).
fn is_no_less(before: &Gives, after: &Gives) -> bool {
    // Softened or not; one condition softens both, another one may soften either alone.
    let same = match (&before.unless, &after.unless) {
        (Some((a, _)), Some((b, _))) => format!("{a:?}") == format!("{b:?}"),
        _ => false,
    };
    let states: &[(bool, bool)] = if same {
        &[(false, false), (true, true)]
    } else {
        &[(false, false), (false, true), (true, false), (true, true)]
    };
    states.iter().all(|(before_softened, after_softened)| {
        let (less, more) = (worth(before, *before_softened), worth(after, *after_softened));
        less.iter().zip(more).all(|(less, more)| *less <= more)
    })
}

fn worth(gives: &Gives, softened: bool) -> [Rank; 5] {
    let softened_to = gives.unless.as_ref().filter(|_| softened).map(|(_, then)| *then);
    let Some((what, rank)) = gives.level else { return [0, 0, 0, 0, Rank::from(gives.raises)] };
    let rank = softened_to.unwrap_or(rank);
    let hard = if what == What::Counts { 0 } else { rank };
    let floor = if what == What::Floor { rank } else { 0 };
    let without_hardship = if gives.hardship { 0 } else { rank };
    [hard, floor, rank, without_hardship, Rank::from(gives.raises)]
}

/// A random referral that has at most so many completions.
pub fn referral(dice: &mut Dice, model: &Model, most_completions: usize) -> Referral {
    let mut referral = Referral {
        concerns: model.topics.iter().filter(|_| dice.chance(25)).map(|topic| topic.id.clone()).collect(),
        scope_all: dice.chance(10),
        said: Vec::new(),
    };
    let worry = 20 * dice.between(1, 4);
    for fact in &model.facts {
        let said = match dice.below(100) {
            0..30 => continue,
            30..80 => Said::Answer(place(dice, fact, worry)),
            80..89 => Said::NotKnown,
            89..93 => Said::Refused,
            _ => {
                let (first, second) = (place(dice, fact, worry), place(dice, fact, worry));
                if first == second { Said::Answer(first) } else { Said::TwoAccounts(first, second) }
            }
        };
        referral.said.push((fact.id.clone(), said));
    }
    while evaluate::completions(model, &referral) > most_completions {
        let open = evaluate::unknown(model, &referral);
        let fact = open[dice.below(open.len())];
        let answer = Said::Answer(place(dice, fact, worry));
        referral.said.retain(|(id, _)| *id != fact.id);
        referral.said.push((fact.id.clone(), answer));
    }
    dice.shuffle(&mut referral.said);
    referral
}

/// An answer; the greatest so many times in a hundred, and the ends more often than the middle.
pub fn place(dice: &mut Dice, fact: &Fact, worry: usize) -> usize {
    if dice.chance(worry) {
        fact.greatest()
    } else if dice.chance(50) {
        0
    } else {
        dice.below(fact.size())
    }
}
