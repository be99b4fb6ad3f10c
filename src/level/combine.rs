//! One pass: complete facts to findings to one level. The only evaluator there is.
//!
//! Everything else (bounds, explanations, what to ask next) is this pass run again on other completions. It works on
//! fixed arrays and allocates nothing.

use super::unknowns::Considered;
use crate::criteria::{
    Brief, ClassSet, ClauseSet, Condition, Contribution, CriterionIndex, CriterionSet, Gives, Need, NeedIndex, NeedSet,
    Needs, Outcome, RuleSet, Table, Threshold, ThresholdSet,
};
use crate::facts::{Class, FactIndex, FactSet, Facts, MAX_FACTS, NOT_KNOWN};
use crate::ladder::{MAX_RANK, Rank};

/// How unknowns were filled; what a failed script row counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Every unknown at its least answer.
    Least,
    /// Every unknown at its greatest.
    Greatest,
}

/// Facts with every unknown filled in (but for unordered ones, which stay not known).
#[derive(Clone)]
pub struct Completed<'f> {
    /// What was really said; `stated` looks only here.
    pub facts: &'f Facts,
    /// The class of every fact.
    pub class: [Class; MAX_FACTS],
    /// The facts beyond their least answer: only these can contribute.
    pub beyond_least: FactSet,
    /// How unknowns were filled.
    pub pass: Pass,
}

impl Completed<'_> {
    /// Whether a fact's answer, filled in if need be, is among some classes.
    fn passes(&self, fact: FactIndex, classes: ClassSet) -> bool {
        let class = self.class[fact];
        class != NOT_KNOWN && classes >> class & 1 == 1
    }

    /// Whether a fact was really answered with one of some classes.
    fn was_stated(&self, fact: FactIndex, classes: ClassSet) -> bool {
        self.facts.known(fact).is_some_and(|class| classes >> class & 1 == 1)
    }
}

const RANKS: usize = MAX_RANK as usize + 1;

/// What one pass found.
#[derive(Clone)]
pub struct Findings {
    /// The facts whose answers give anything.
    pub giving: FactSet,
    /// The criteria that hold.
    pub holding: CriterionSet,
    /// Needs at each rank; at each rank or above once all are in.
    any: [NeedSet; RANKS],
    /// The same without material hardship.
    without_hardship: [NeedSet; RANKS],
    /// The same, floors only.
    harm: [NeedSet; RANKS],
    /// Modifiers found and not cancelled, by owner.
    pub modifiers: NeedSet,
    /// Thresholds reached.
    pub reached: ThresholdSet,
    /// The highest floor or duty.
    floor: Rank,
    /// The level before modifiers.
    pub base: Rank,
    /// The level.
    pub level: Rank,
}

impl Findings {
    const NONE: Self = Self {
        giving: FactSet::EMPTY,
        holding: CriterionSet::EMPTY,
        any: [NeedSet::EMPTY; RANKS],
        without_hardship: [NeedSet::EMPTY; RANKS],
        harm: [NeedSet::EMPTY; RANKS],
        modifiers: NeedSet::EMPTY,
        reached: ThresholdSet::EMPTY,
        floor: 1,
        base: 1,
        level: 1,
    };

    /// Whether some finding is at a level or above, among the needs looked at.
    pub fn has(&self, need: &Need) -> bool {
        let sets = if need.harm { &self.harm } else { &self.any };
        sets[usize::from(need.at)].meets(&need.among)
    }

    /// Takes what a criterion that holds gives.
    fn hold(&mut self, rules: &RuleSet, completed: &Completed<'_>, criterion: CriterionIndex) {
        let brief = &rules.index.criteria[criterion];
        self.take(rules, completed, brief, MAX_FACTS + criterion, || &rules.criteria[criterion].gives);
    }

    /// Takes what a finding gives: its need, and whether it is a modifier.
    fn take<'r>(
        &mut self,
        rules: &RuleSet,
        completed: &Completed<'_>,
        brief: &Brief,
        modifier: NeedIndex,
        gives: impl FnOnce() -> &'r Gives,
    ) {
        if brief.softens {
            let gives = gives();
            self.add(brief.need, effective(gives, is_softened(rules, completed, gives)));
        } else if brief.contribution != Contribution::Nothing {
            self.add(brief.need, brief.contribution);
        }
        if brief.raises {
            self.modifiers.insert(modifier);
        }
    }

    fn add(&mut self, owner: NeedIndex, contribution: Contribution) {
        let rank = contribution.rank();
        let at = usize::from(rank);
        self.any[at].insert(owner);
        match contribution {
            Contribution::Counts { hardship: true, .. } | Contribution::Nothing => {}
            Contribution::Counts { .. } => self.without_hardship[at].insert(owner),
            Contribution::Duty(_) => {
                self.without_hardship[at].insert(owner);
                self.floor = self.floor.max(rank);
            }
            Contribution::Floor(_) => {
                self.without_hardship[at].insert(owner);
                self.harm[at].insert(owner);
                self.floor = self.floor.max(rank);
            }
        }
    }

    /// A need at a rank is one at every lesser rank too.
    fn reach_down(&mut self, highest: Rank) {
        for at in (1..usize::from(highest)).rev() {
            self.any[at] = self.any[at].or(&self.any[at + 1]);
            self.without_hardship[at] = self.without_hardship[at].or(&self.without_hardship[at + 1]);
            self.harm[at] = self.harm[at].or(&self.harm[at + 1]);
        }
    }
}

/// What is left of a contribution once it has softened.
pub fn effective(gives: &Gives, softened: bool) -> Contribution {
    match (&gives.softens, gives.contribution, softened) {
        (Some(softens), Contribution::Floor(_), true) => Contribution::Floor(softens.then),
        (Some(softens), Contribution::Duty(_), true) => Contribution::Duty(softens.then),
        (_, contribution, _) => contribution,
    }
}

/// Evaluates completed facts.
pub fn combine(rules: &RuleSet, completed: &Completed<'_>) -> Findings {
    let mut begun = Begun::of(rules, completed);
    begun.end(rules, completed);
    begun.findings
}

/// The level of completed facts, and nothing else.
pub fn level(rules: &RuleSet, completed: &Completed<'_>) -> Rank {
    Begun::of(rules, completed).level(rules, completed)
}

/// A pass of which the needs are not looked at yet: what single answers give, and the criteria that look at answers alone.
#[derive(Clone)]
pub struct Begun {
    /// What is found so far.
    pub findings: Findings,
    /// The clauses that some answer satisfies, or silence.
    satisfied: ClauseSet,
    /// The criteria that look at needs, of those that were to be looked at.
    second_layer: CriterionSet,
}

impl Begun {
    /// Looks at every answer.
    pub fn of(rules: &RuleSet, completed: &Completed<'_>) -> Self {
        let index = &rules.index;
        let mut begun =
            Self { findings: Findings::NONE, satisfied: index.clauses.unsaid, second_layer: CriterionSet::EMPTY };
        let touched = begun.take_answers(rules, completed, &completed.beyond_least);
        begun.look(rules, completed, touched.or(&index.always));
        begun
    }

    /// Looks at more answers. What held before holds on, for the shape rule lets no greater concern take anything away;
    /// but for what an answer softens, which must all be looked at from the beginning (`Index::told`).
    pub fn add(&mut self, rules: &RuleSet, completed: &Completed<'_>, facts: &FactSet) {
        let touched = self.take_answers(rules, completed, facts);
        self.look(rules, completed, touched.or(&rules.index.always));
    }

    /// The level when every unknown is at its greatest: filled in is not told, so nothing softens by it. A floor at the
    /// highest level is enough, after which nothing could alter it, so that what gives one is looked for first.
    pub fn level_at_greatest(&self, rules: &RuleSet, greatest: &Completed<'_>, considered: &Considered) -> Rank {
        let (index, highest) = (&rules.index, rules.ladder.highest());
        let is_enough =
            |criterion: CriterionIndex| holds(rules, greatest, &self.findings, &rules.criteria[criterion].when);
        if self.findings.floor >= highest
            || considered.open_when_greatest.meets(&index.enough_alone)
            || index.enough.iter().any(is_enough)
        {
            return highest;
        }
        let mut begun = self.clone();
        begun.take_answers(rules, greatest, &considered.open_when_greatest);
        // Every criterion: a script that fails counts as more now, whatever it reads.
        begun.look(rules, greatest, index.every);
        begun.level(rules, greatest)
    }

    /// Takes what answers give by themselves; returns the criteria that they touch.
    fn take_answers(&mut self, rules: &RuleSet, completed: &Completed<'_>, facts: &FactSet) -> CriterionSet {
        let index = &rules.index;
        let mut touched = CriterionSet::EMPTY;
        for fact in facts.iter() {
            let class = completed.class[fact];
            let Some(at) = rules.place(fact, class) else { continue };
            touched = touched.or(&index.touches[fact]);
            self.satisfied = self.satisfied.or(&index.clauses.of_answer[at]);
            let brief = &index.answers[at];
            if !brief.gives_anything {
                continue;
            }
            self.findings.giving.insert(fact);
            let gives = || &rules.indicators[fact].classes[usize::from(class)].gives;
            self.findings.take(rules, completed, brief, fact, gives);
        }
        touched
    }

    /// Looks at criteria, most by one comparison.
    fn look(&mut self, rules: &RuleSet, completed: &Completed<'_>, candidates: CriterionSet) {
        let Self { findings, satisfied, second_layer, .. } = self;
        let clauses = &rules.index.clauses;
        // Criteria stand in order of evaluation. Those that look at needs come last.
        *second_layer = second_layer.or(&candidates.and(&rules.index.second_layer));
        for criterion in candidates.without(&rules.index.second_layer).without(&findings.holding).iter() {
            let walk = || holds(rules, completed, findings, &rules.criteria[criterion].when);
            let is_found = !clauses.rule_out(criterion, satisfied) && (clauses.decide(criterion) || walk());
            debug_assert_eq!(is_found, walk(), "the clauses say what the walk over a condition does");
            if is_found {
                findings.holding.insert(criterion);
                findings.hold(rules, completed, criterion);
            }
        }
    }

    /// Looks at the needs, and counts them.
    pub fn end(&mut self, rules: &RuleSet, completed: &Completed<'_>) {
        self.count(rules, completed, 0);
    }

    /// The level that it ends at, and nothing else. What reaches no higher than a floor need not be looked at.
    pub fn level(mut self, rules: &RuleSet, completed: &Completed<'_>) -> Rank {
        let (floor, highest) = (self.findings.floor, rules.ladder.highest());
        if floor >= highest {
            return highest;
        }
        self.count(rules, completed, floor);
        self.findings.level
    }

    /// Looks at the needs, and at the thresholds that reach above a level.
    fn count(&mut self, rules: &RuleSet, completed: &Completed<'_>, above: Rank) {
        let Self { findings, satisfied, second_layer, .. } = self;
        let highest = rules.ladder.highest();
        findings.reach_down(highest);
        // They look at what the others gave, so they give nothing until all of them have been looked at.
        let mut held = CriterionSet::EMPTY;
        for criterion in second_layer.iter() {
            let walk = || holds(rules, completed, findings, &rules.criteria[criterion].when);
            let is_found = !rules.index.clauses.rule_out(criterion, satisfied) && walk();
            debug_assert_eq!(is_found, walk(), "nothing that holds is ruled out");
            if is_found {
                findings.holding.insert(criterion);
                held.insert(criterion);
            }
        }
        if !held.is_empty() {
            held.iter().for_each(|criterion| findings.hold(rules, completed, criterion));
            findings.reach_down(highest);
        }
        for protection in &rules.protection {
            if completed.facts.known(protection.fact) == Some(0) {
                findings.modifiers = findings.modifiers.without(&protection.cancels);
            }
        }
        count(rules, completed, findings, above);
    }
}

/// Whether a floor has softened on what was stated.
pub fn is_softened(rules: &RuleSet, completed: &Completed<'_>, gives: &Gives) -> bool {
    gives.softens.as_ref().is_some_and(|softens| is_stated(rules, completed, &softens.unless))
}

/// Whether a condition that lowers holds. It looks only at what was stated or is presumed, so it can be asked before
/// anything is found.
fn is_stated(rules: &RuleSet, completed: &Completed<'_>, condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| is_stated(rules, completed, part)),
        Condition::Any(parts) => parts.iter().any(|part| is_stated(rules, completed, part)),
        Condition::Test { fact, classes } => completed.passes(*fact, *classes),
        Condition::Stated { fact, classes } => completed.was_stated(*fact, *classes),
        Condition::Holds(criterion) => is_stated(rules, completed, &rules.criteria[*criterion].when),
        // The checks keep these out of what lowers.
        Condition::Need(_) | Condition::Table(_) => false,
    }
}

fn holds(rules: &RuleSet, completed: &Completed<'_>, findings: &Findings, condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(|part| holds(rules, completed, findings, part)),
        Condition::Any(parts) => parts.iter().any(|part| holds(rules, completed, findings, part)),
        Condition::Test { fact, classes } => completed.passes(*fact, *classes),
        // Criteria stand after those they name. One that was no candidate does not hold: with all its facts at their
        // least it could not, or it would be among `always`.
        Condition::Holds(criterion) => findings.holding.contains(*criterion),
        Condition::Need(need) => findings.has(need),
        Condition::Stated { fact, classes } => completed.was_stated(*fact, *classes),
        Condition::Table(table) => match row(&rules.tables[*table], completed) {
            Outcome::True | Outcome::FailedAboveTrue => true,
            Outcome::False => false,
            Outcome::Failed => completed.pass == Pass::Greatest,
        },
    }
}

/// What a script answered for these facts; a row that is not there counts as failed.
pub fn row(table: &Table, completed: &Completed<'_>) -> Outcome {
    let reads = table.reads.iter().zip(&table.strides);
    let row: usize = reads.map(|(fact, stride)| usize::from(completed.class[*fact]) * stride).sum();
    table.rows.get(row).copied().unwrap_or(Outcome::Failed)
}

/// From findings to a level: floors, then the thresholds that reach above one, then modifiers.
fn count(rules: &RuleSet, completed: &Completed<'_>, findings: &mut Findings, above: Rank) {
    let found = if findings.modifiers.is_empty() { 0 } else { findings.modifiers.count() };
    let mut base = findings.floor;
    let mut without_hardship = findings.floor;
    for (index, threshold) in rules.thresholds.iter().enumerate() {
        if threshold.reaches <= above || !reached(rules, threshold, findings, rules.leaves_out_hardship(threshold)) {
            continue;
        }
        // What makes a threshold lapse has no effect while a modifier is found.
        let unless = threshold.unless.as_ref().filter(|_| found == 0);
        if unless.is_some_and(|unless| is_stated(rules, completed, unless)) {
            continue;
        }
        findings.reached.insert(index);
        base = base.max(threshold.reaches);
        // Only a modifier asks what would stand without hardship.
        if found > 0 && reached(rules, threshold, findings, true) {
            without_hardship = without_hardship.max(threshold.reaches);
        }
    }
    findings.base = base;
    let steps = found.min(usize::from(rules.modifiers.steps_at_most));
    let step_up = |mut level: Rank, below: Rank| {
        for _ in 0..steps {
            if !rules.modifier_steps_from(level) || level + 1 >= below {
                break;
            }
            level += 1;
        }
        level
    };
    // Hardship must not help across its line by a step either. Nor may it stand in the way: what is reached without it
    // is stepped up as if it were not there, or more hardship would lower the level.
    let level = step_up(base, rules.hardship_never_reaches).max(step_up(without_hardship, Rank::MAX));
    findings.level = level.min(rules.ladder.highest());
}

fn reached(rules: &RuleSet, threshold: &Threshold, findings: &Findings, leave_out_hardship: bool) -> bool {
    threshold.needs.iter().all(|part| is_met(rules, part, findings, leave_out_hardship))
}

/// Whether one part of a threshold is met.
pub fn is_met(rules: &RuleSet, part: &Needs, findings: &Findings, leave_out_hardship: bool) -> bool {
    let needs = counted(part, findings, leave_out_hardship);
    let meeting = |sets: &[NeedSet]| sets.iter().filter(|set| needs.meets(set)).count();
    needs.has_at_least(part.at_least)
        && part.domains.is_none_or(|domains| meeting(&rules.index.needs_of_domain) >= domains)
        && part.groups.as_ref().is_none_or(|(least, groups)| meeting(groups) >= *least)
}

/// How many needs one part of a threshold counts.
pub fn tally(part: &Needs, findings: &Findings, leave_out_hardship: bool) -> usize {
    counted(part, findings, leave_out_hardship).count()
}

fn counted<'f>(part: &Needs, findings: &'f Findings, leave_out_hardship: bool) -> &'f NeedSet {
    let sets = if leave_out_hardship { &findings.without_hardship } else { &findings.any };
    &sets[usize::from(part.at)]
}
