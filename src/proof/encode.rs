//! A rule set as a circuit: from what is said to "the level is at least this".
//!
//! Written from the meaning of the rule language, and sharing nothing with the evaluator: what the two disagree on is
//! a mistake in one of them. A level is a row of yes/no functions, "at least 2", "at least 3" and so on, and so is every
//! rank on the way to it.

use std::collections::BTreeMap;

use super::circuit::{Circuit, Literal};
use super::question::{Question, Taken};
use super::rule::Source;
use crate::criteria::{
    ClassSet, Condition, Contribution, CriterionIndex, Gives, Need, NeedIndex, NeedSet, Needs, Outcome, RuleSet, Table,
    Threshold,
};
use crate::facts::{Class, FactIndex, MAX_FACTS, NOT_KNOWN};
use crate::ladder::Rank;

/// Every rule of a rule set as a literal.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// Per rank from 1: whether the level is at least this; the first is always true.
    pub level: Vec<Literal>,
    /// The same of the highest floor or duty found.
    pub floor: Vec<Literal>,
    /// Per criterion: whether it holds.
    pub criteria: Vec<Literal>,
    /// Per threshold: whether it is reached and does not lapse.
    pub thresholds: Vec<Literal>,
    /// Whether some modifier is found that nothing cancels.
    pub modified: Literal,
    /// Whatever gives something to the level: whether it is found, and whether its floor has softened.
    pub found: BTreeMap<Source, (Literal, Literal)>,
    /// What a criterion sees that looks at needs.
    seen: Given,
}

/// Need by need, what gives it at each rank.
type Given = BTreeMap<(Sense, Rank, NeedIndex), Vec<Literal>>;

/// What is otherwise than the rules and the referral say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Otherwise<'o> {
    /// What gives nothing, and when.
    pub left_out: Option<&'o BTreeMap<Source, Literal>>,
    /// A question, and what is said about it whatever else is.
    pub said: Option<(usize, usize)>,
}

impl Encoded {
    /// Whether the level is at least a rank; beyond the ladder it never is.
    pub fn at_least(&self, rank: Rank) -> Option<Literal> {
        self.level.get(usize::from(rank.max(1)) - 1).copied()
    }
}

/// A rule set, and its place among those that the questions were made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker<'i> {
    pub rules: &'i RuleSet,
    pub place: usize,
    pub questions: &'i [Question],
    /// Per fact, its question.
    pub asked: &'i [usize],
    /// Whether a row of a script's table that failed counts as holding.
    pub failed: Literal,
}

impl<'i> Taker<'i> {
    fn question(self, fact: FactIndex) -> &'i Question {
        &self.questions[self.asked[fact]]
    }

    /// Encodes the rule set.
    pub fn encode(self, circuit: &mut Circuit, otherwise: Otherwise<'_>) -> Encoded {
        let mut encoder = self.encoder(circuit, otherwise);
        encoder.look_at_answers();
        encoder.look_at_criteria();
        encoder.count()
    }

    /// Encodes a condition that the rule set may not have; it sees what the last criteria see.
    pub fn condition(self, circuit: &mut Circuit, encoded: &Encoded, condition: &Condition) -> Literal {
        let mut encoder = self.encoder(circuit, Otherwise::default());
        encoder.criteria.clone_from(&encoded.criteria);
        encoder.given.clone_from(&encoded.seen);
        encoder.holds(condition)
    }

    fn encoder<'e>(self, circuit: &'e mut Circuit, otherwise: Otherwise<'e>) -> Encoder<'e>
    where
        'i: 'e,
    {
        Encoder {
            circuit,
            rules: self.rules,
            taker: self,
            otherwise,
            criteria: Vec::new(),
            given: Given::new(),
            seen: Given::new(),
            modifiers: BTreeMap::new(),
            found: BTreeMap::new(),
        }
    }
}

/// In which sense something is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sense {
    /// A need.
    Any,
    /// A need that is no material hardship.
    WithoutHardship,
    /// Harm: a floor that is no duty.
    Harm,
    /// A floor or a duty.
    Owed,
}

impl Sense {
    const ALL: [Self; 4] = [Self::Any, Self::WithoutHardship, Self::Harm, Self::Owed];

    fn is_given(self, contribution: Contribution, rank: Rank) -> bool {
        let fits = match contribution {
            Contribution::Nothing => false,
            Contribution::Counts { hardship, .. } => self == Self::Any || (self == Self::WithoutHardship && !hardship),
            Contribution::Duty(_) => self != Self::Harm,
            Contribution::Floor(_) => true,
        };
        fits && contribution.rank() >= rank
    }
}

/// What is left where a floor has softened, which is never more than it was.
fn softest(gives: &Gives) -> Contribution {
    match (&gives.softens, gives.contribution) {
        (Some(softens), Contribution::Floor(rank)) => Contribution::Floor(softens.then.min(rank)),
        (Some(softens), Contribution::Duty(rank)) => Contribution::Duty(softens.then.min(rank)),
        (_, contribution) => contribution,
    }
}

/// So much of the way from answers to a level.
struct Encoder<'e> {
    circuit: &'e mut Circuit,
    rules: &'e RuleSet,
    taker: Taker<'e>,
    otherwise: Otherwise<'e>,
    criteria: Vec<Literal>,
    /// What was given so far.
    given: Given,
    seen: Given,
    /// By owner: a fact, or `MAX_FACTS` plus a criterion.
    modifiers: BTreeMap<NeedIndex, Vec<Literal>>,
    found: BTreeMap<Source, (Literal, Literal)>,
}

impl Encoder<'_> {
    fn look_at_answers(&mut self) {
        for (fact, indicator) in self.rules.indicators().iter().enumerate() {
            let mut givers = Vec::new();
            let mut raising = 0;
            for (class, answer) in (0..).zip(&indicator.classes) {
                let gives = &answer.gives;
                if gives.contribution == Contribution::Nothing && !gives.raises {
                    continue;
                }
                let found = self.is_found(fact, 1 << class);
                let softened = self.softened(gives);
                self.found.insert(Source::Answer(fact, class), (found, softened));
                givers.push((class, gives, softened));
                raising |= ClassSet::from(gives.raises) << class;
            }
            for (sense, rank) in self.ways() {
                self.answers_give(fact, &givers, sense, rank);
            }
            if raising != 0 {
                let raises = self.gives(fact, raising);
                self.modifiers.entry(fact).or_default().push(raises);
            }
        }
    }

    /// Takes what the answers to one question give in one sense at one rank. What greater concern gives too is asked as
    /// "from this answer up", in which nothing is negated.
    fn answers_give(&mut self, fact: FactIndex, givers: &[(Class, &Gives, Literal)], sense: Sense, rank: Rank) {
        let mut always: ClassSet = 0;
        let mut unless_softened: BTreeMap<Literal, ClassSet> = BTreeMap::new();
        for (class, gives, softened) in givers {
            if sense.is_given(softest(gives), rank) {
                always |= 1 << class;
            } else if sense.is_given(gives.contribution, rank) {
                *unless_softened.entry(*softened).or_default() |= 1 << class;
            }
        }
        let mut ways = Vec::new();
        if always != 0 {
            ways.push(self.gives(fact, always));
        }
        for (softened, classes) in unless_softened {
            let given = self.gives(fact, always | classes);
            ways.push(self.circuit.all([given, !softened]));
        }
        if !ways.is_empty() {
            let given = self.circuit.any(ways);
            self.given.entry((sense, rank, self.rules.indicators()[fact].need)).or_default().push(given);
        }
    }

    /// Every sense and rank in which something may be given.
    fn ways(&self) -> impl Iterator<Item = (Sense, Rank)> + use<> {
        let highest = self.rules.ladder().highest();
        Sense::ALL.into_iter().flat_map(move |sense| (1..=highest).map(move |rank| (sense, rank)))
    }

    fn look_at_criteria(&mut self) {
        let (first, second): (Vec<_>, Vec<_>) = (0..self.rules.criteria().len())
            .partition(|index| !self.rules.criteria()[*index].when.looks_at_needs(self.rules));
        // Those that look at needs see what answers and the other criteria gave, and not each other.
        for layer in [first, second] {
            self.seen.clone_from(&self.given);
            for index in &layer {
                let holds = self.holds(&self.rules.criteria()[*index].when);
                self.criteria.push(holds);
            }
            for index in layer {
                self.take(index, self.criteria[index]);
            }
        }
    }

    /// Takes what a criterion gives.
    fn take(&mut self, index: CriterionIndex, holds: Literal) {
        let criterion = &self.rules.criteria()[index];
        let gives = &criterion.gives;
        if gives.contribution == Contribution::Nothing && !gives.raises {
            return;
        }
        let softened = self.softened(gives);
        self.found.insert(Source::Criterion(index), (holds, softened));
        let holds = self.unless_left_out(Source::Criterion(index), holds);
        if gives.raises {
            self.modifiers.entry(MAX_FACTS + index).or_default().push(holds);
        }
        for (sense, rank) in self.ways() {
            let given = if sense.is_given(softest(gives), rank) {
                holds
            } else if sense.is_given(gives.contribution, rank) {
                self.circuit.all([holds, !softened])
            } else {
                continue;
            };
            self.given.entry((sense, rank, criterion.need)).or_default().push(given);
        }
    }

    /// Whether a floor has softened.
    fn softened(&mut self, gives: &Gives) -> Literal {
        match &gives.softens {
            Some(softens) => self.is_stated(&softens.unless),
            None => self.circuit.constant(false),
        }
    }

    /// Whether some answer is found that gives what its class gives.
    fn is_found(&mut self, fact: FactIndex, classes: ClassSet) -> Literal {
        self.is_taken(fact, |taken| taken.class != NOT_KNOWN && taken.gives && classes >> taken.class & 1 == 1)
    }

    /// The same, unless that answer is left out.
    fn gives(&mut self, fact: FactIndex, classes: ClassSet) -> Literal {
        let Some(left_out) = self.otherwise.left_out else { return self.is_found(fact, classes) };
        let mut together = classes;
        let mut ways = Vec::new();
        for class in (0..=self.rules.greatest(fact)).filter(|class| classes >> class & 1 == 1) {
            if let Some(left_out) = left_out.get(&Source::Answer(fact, class)) {
                together &= !(1 << class);
                let found = self.is_found(fact, 1 << class);
                ways.push(self.circuit.all([found, !*left_out]));
            }
        }
        ways.push(self.is_found(fact, together));
        self.circuit.any(ways)
    }

    fn unless_left_out(&mut self, source: Source, found: Literal) -> Literal {
        match self.otherwise.left_out.and_then(|left_out| left_out.get(&source)) {
            Some(left_out) => self.circuit.all([found, !*left_out]),
            None => found,
        }
    }

    /// Whether a fact is taken in some way.
    fn is_taken(&mut self, fact: FactIndex, wanted: impl Fn(Taken) -> bool) -> Literal {
        let question = self.taker.question(fact);
        let is_wanted = |saying: usize| wanted(question.sayings[saying].taken[self.taker.place]);
        match self.otherwise.said {
            Some((other, saying)) if other == self.taker.asked[fact] => self.circuit.constant(is_wanted(saying)),
            _ => question.is_among(self.circuit, is_wanted),
        }
    }

    /// Whether a fact is taken for one of some classes.
    fn passes(&mut self, fact: FactIndex, classes: ClassSet) -> Literal {
        self.is_taken(fact, |taken| taken.class != NOT_KNOWN && classes >> taken.class & 1 == 1)
    }

    /// Whether a fact was answered, and with one of some classes.
    fn was_stated(&mut self, fact: FactIndex, classes: ClassSet) -> Literal {
        self.is_taken(fact, |taken| taken.class != NOT_KNOWN && !taken.unstated && classes >> taken.class & 1 == 1)
    }

    /// Whether a condition holds, of what was found so far.
    fn holds(&mut self, condition: &Condition) -> Literal {
        match condition {
            Condition::All(parts) => {
                let parts: Vec<Literal> = parts.iter().map(|part| self.holds(part)).collect();
                self.circuit.all(parts)
            }
            Condition::Any(parts) => {
                let parts: Vec<Literal> = parts.iter().map(|part| self.holds(part)).collect();
                self.circuit.any(parts)
            }
            Condition::Test { fact, classes } => self.passes(*fact, *classes),
            Condition::Holds(criterion) => self.criteria[*criterion],
            Condition::Need(need) => self.has(need),
            Condition::Stated { fact, classes } => self.was_stated(*fact, *classes),
            Condition::Table(table) => self.row(&self.rules.tables()[*table]),
        }
    }

    /// Whether a condition that lowers holds: one that looks at nothing but what was stated or is presumed.
    fn is_stated(&mut self, condition: &Condition) -> Literal {
        match condition {
            Condition::All(parts) => {
                let parts: Vec<Literal> = parts.iter().map(|part| self.is_stated(part)).collect();
                self.circuit.all(parts)
            }
            Condition::Any(parts) => {
                let parts: Vec<Literal> = parts.iter().map(|part| self.is_stated(part)).collect();
                self.circuit.any(parts)
            }
            Condition::Test { fact, classes } => self.passes(*fact, *classes),
            Condition::Stated { fact, classes } => self.was_stated(*fact, *classes),
            Condition::Holds(criterion) => self.is_stated(&self.rules.criteria()[*criterion].when),
            Condition::Need(_) | Condition::Table(_) => self.circuit.constant(false),
        }
    }

    /// Whether some need is found at a level or above.
    fn has(&mut self, need: &Need) -> Literal {
        let sense = if need.harm { Sense::Harm } else { Sense::Any };
        let range = (sense, need.at, 0)..=(sense, need.at, NeedIndex::MAX);
        let owners = self.given.range(range).filter(|((_, _, owner), _)| need.among.contains(*owner));
        let found: Vec<Literal> = owners.flat_map(|(_, found)| found).copied().collect();
        self.circuit.any(found)
    }

    /// Whether a script's table says that it holds, read by read: the rows of one class of the first, and so on.
    fn row(&mut self, table: &Table) -> Literal {
        self.rows(table, 0, 0)
    }

    fn rows(&mut self, table: &Table, read: usize, row: usize) -> Literal {
        let Some((fact, stride)) = table.reads.get(read).zip(table.strides.get(read)) else {
            return match table.rows[row] {
                Outcome::True | Outcome::FailedAboveTrue => self.circuit.constant(true),
                Outcome::False => self.circuit.constant(false),
                Outcome::Failed => self.taker.failed,
            };
        };
        let classes = self.rules.indicators()[*fact].classes.len();
        let mut ways = Vec::new();
        let mut below = None;
        for class in 0..classes {
            let here = self.rows(table, read + 1, row + class * stride);
            // What a lesser concern makes hold, a greater one does: the loader refuses every other table.
            if below != Some(here) {
                let from = self.passes(*fact, ClassSet::MAX << class);
                ways.push(self.circuit.all([from, here]));
            }
            below = Some(here);
        }
        self.circuit.any(ways)
    }

    /// From what was given to a level: floors, then thresholds, then modifiers.
    fn count(mut self) -> Encoded {
        let modifiers = self.modifiers_found();
        let found_any = modifiers.first().copied().unwrap_or(self.circuit.constant(false));
        let floor = (1..=self.rules.ladder().highest()).map(|rank| {
            if rank == 1 {
                return self.circuit.constant(true);
            }
            let range = (Sense::Owed, rank, 0)..=(Sense::Owed, rank, NeedIndex::MAX);
            let owed: Vec<Literal> = self.given.range(range).flat_map(|(_, given)| given).copied().collect();
            self.circuit.any(owed)
        });
        let floor: Vec<Literal> = floor.collect();
        let (mut base, mut without_hardship) = (floor.clone(), floor.clone());
        let mut thresholds = Vec::new();
        for (index, threshold) in self.rules.thresholds().iter().enumerate() {
            let mut reached = self.reached(threshold, self.rules.leaves_out_hardship(threshold));
            if let Some(unless) = &threshold.unless {
                // What makes a threshold lapse has no effect while a modifier is found.
                let unless = self.is_stated(unless);
                let stands = self.circuit.any([!unless, found_any]);
                reached = self.circuit.all([reached, stands]);
            }
            thresholds.push(reached);
            self.found.insert(Source::Threshold(index), (reached, self.circuit.constant(false)));
            let reached = self.unless_left_out(Source::Threshold(index), reached);
            let without = self.reached(threshold, true);
            let without = self.circuit.all([reached, without]);
            for rank in 0..usize::from(threshold.reaches) {
                base[rank] = self.circuit.any([base[rank], reached]);
                without_hardship[rank] = self.circuit.any([without_hardship[rank], without]);
            }
        }
        // Hardship must not help across its line by a step; what is reached without it may.
        let stepped = self.stepped(&base, &modifiers, self.rules.hardship_line());
        let stepped_without = self.stepped(&without_hardship, &modifiers, Rank::MAX);
        let level = stepped.into_iter().zip(stepped_without).map(|(a, b)| self.circuit.any([a, b])).collect();
        let Self { criteria, found, seen, .. } = self;
        Encoded { level, floor, criteria, thresholds, modified: found_any, found, seen }
    }

    /// Whether at least one modifier is found, two, and so on, as far as they may step.
    fn modifiers_found(&mut self) -> Vec<Literal> {
        let most = usize::from(self.rules.modifiers.steps_at_most).max(1);
        let mut found = Vec::new();
        for (owner, literals) in std::mem::take(&mut self.modifiers) {
            let mut literals = vec![self.circuit.any(literals)];
            for protection in self.rules.protection.iter().filter(|protection| protection.cancels.contains(owner)) {
                literals.push(!self.was_stated(protection.fact, 1));
            }
            found.push(self.circuit.all(literals));
        }
        self.circuit.count(&found, most)
    }

    fn reached(&mut self, threshold: &Threshold, leave_out_hardship: bool) -> Literal {
        let parts: Vec<Literal> = threshold.needs.iter().map(|part| self.is_met(part, leave_out_hardship)).collect();
        self.circuit.all(parts)
    }

    fn is_met(&mut self, part: &Needs, leave_out_hardship: bool) -> Literal {
        let sense = if leave_out_hardship { Sense::WithoutHardship } else { Sense::Any };
        let range = (sense, part.at, 0)..=(sense, part.at, NeedIndex::MAX);
        let given: Vec<(NeedIndex, Vec<Literal>)> =
            self.given.range(range).map(|((_, _, owner), found)| (*owner, found.clone())).collect();
        let needs: Vec<(NeedIndex, Literal)> =
            given.into_iter().map(|(owner, found)| (owner, self.circuit.any(found))).collect();
        let all: Vec<Literal> = needs.iter().map(|(_, found)| *found).collect();
        let mut met = vec![self.at_least(&all, part.at_least)];
        if let Some(domains) = part.domains {
            met.push(self.sides(&needs, self.rules.needs_of_domains(), domains));
        }
        if let Some((groups, sets)) = &part.groups {
            met.push(self.sides(&needs, sets, *groups));
        }
        self.circuit.all(met)
    }

    /// Whether needs are found in so many of some sets.
    fn sides(&mut self, needs: &[(NeedIndex, Literal)], sets: &[NeedSet], least: usize) -> Literal {
        let sides = sets.iter().map(|set| {
            let found = needs.iter().filter(|(owner, _)| set.contains(*owner)).map(|(_, found)| *found);
            self.circuit.any(found)
        });
        let found: Vec<Literal> = sides.collect();
        self.at_least(&found, least)
    }

    fn at_least(&mut self, of: &[Literal], least: usize) -> Literal {
        match least.checked_sub(1) {
            None => self.circuit.constant(true),
            Some(last) => self.circuit.count(of, least).get(last).copied().unwrap_or(self.circuit.constant(false)),
        }
    }

    /// The level after modifiers, below a line. A higher base is never stepped to less, nor are more modifiers, so "at
    /// least" is enough of both.
    fn stepped(&mut self, base: &[Literal], modifiers: &[Literal], below: Rank) -> Vec<Literal> {
        let highest = self.rules.ladder().highest();
        let mut ways: Vec<Vec<Literal>> = base.iter().map(|at_least| vec![*at_least]).collect();
        for from in 1..=highest {
            let mut level = from;
            for step in 0..usize::from(self.rules.modifiers.steps_at_most) {
                if !self.rules.modifier_steps_from(level) || level + 1 >= below || level >= highest {
                    break;
                }
                level += 1;
                let Some(found) = modifiers.get(step) else { break };
                ways[usize::from(level) - 1].push(self.circuit.all([base[usize::from(from) - 1], *found]));
            }
        }
        ways.into_iter().map(|ways| self.circuit.any(ways)).collect()
    }
}
