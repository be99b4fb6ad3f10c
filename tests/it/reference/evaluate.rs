//! The meaning of a rule set, written from the prose of the rule language and as slowly as that reads.
//!
//! One closure-like question after another is put to complete facts; the bounds are the lowest and the highest level
//! over *every* way of completing the considered facts that are not known, one raw answer at a time. No class, no
//! bit set, no pass, no order of evaluation: that is what the engine is compared with.

use std::collections::BTreeSet;

use super::model::{
    CONSIDERATIONS, Condition, Criterion, Domain, Fact, Gives, Kind, Model, Need, Needs, Rank, Raw, Referral, Role,
    Said, Script, Test, Threshold, What,
};

/// What the prose says about one referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub at_least: Rank,
    pub at_most: Rank,
    /// What is found, with what it gives, whatever is not known.
    pub reasons: BTreeSet<String>,
    /// The thresholds reached, whatever is not known.
    pub thresholds: BTreeSet<String>,
    pub actions: BTreeSet<String>,
    pub considerations: BTreeSet<String>,
    /// Criteria that give something, and thresholds, found in some completion.
    pub possible: BTreeSet<String>,
    pub not_raised: usize,
    pub conflicts: BTreeSet<String>,
    /// Scripts that fail in every completion, and in some.
    pub faults: (BTreeSet<String>, BTreeSet<String>),
}

/// True, false, or not known.
type Three = Option<bool>;

/// How many completions a referral has.
pub fn completions(model: &Model, referral: &Referral) -> usize {
    let sizes = unknown(model, referral).into_iter().map(|fact| fact.size());
    sizes.fold(1, |product, size| product.saturating_mul(size))
}

/// What the rules indicate.
pub fn evaluate(model: &Model, referral: &Referral) -> Verdict {
    let open = unknown(model, referral);
    let may_fail = model.scripts().iter().any(|script| !script.fails_when.is_empty());
    let mut places = vec![0; open.len()];
    // What is established: everything that could still be asked taken as harmless, a failed script as not holding.
    let established = Complete::new(model, referral, &open, &places, false);
    let (mut at_least, mut at_most) = (Rank::MAX, 0);
    let mut possible = BTreeSet::new();
    let (mut surely, mut perhaps) = (established.failing_scripts(), BTreeSet::new());
    loop {
        let least = Complete::new(model, referral, &open, &places, false);
        let most = if may_fail { &Complete::new(model, referral, &open, &places, true) } else { &least };
        at_least = at_least.min(least.level());
        at_most = at_most.max(most.level());
        possible.extend(most.found_rules());
        if may_fail {
            let fails = least.failing_scripts();
            surely = &surely & &fails;
            perhaps.extend(fails);
        }
        if !next(&mut places, &open) {
            break;
        }
    }
    Verdict {
        at_least,
        at_most,
        reasons: established.reasons(),
        thresholds: established.thresholds().into_iter().map(|threshold| threshold.id.clone()).collect(),
        actions: established.found.iter().flat_map(|found| found.gives.actions.clone()).collect(),
        considerations: established.considerations(),
        possible,
        not_raised: model.facts.len() - considered(model, referral, &opened_topics(model, referral)).len(),
        conflicts: conflicts(model, referral),
        faults: (surely, perhaps),
    }
}

/// Only the bounds.
pub fn bounds(model: &Model, referral: &Referral) -> (Rank, Rank) {
    let verdict = evaluate(model, referral);
    (verdict.at_least, verdict.at_most)
}

/// The next completion, as one counts.
fn next(places: &mut [usize], open: &[&Fact]) -> bool {
    for (place, fact) in places.iter_mut().zip(open) {
        if *place < fact.greatest() {
            *place += 1;
            return true;
        }
        *place = 0;
    }
    false
}

// What is considered ------------------------------------------------------------------------------------------------

/// The answer that counts: of two accounts the one of greater concern, for an unordered fact the first.
pub fn given(model: &Model, referral: &Referral, id: &str) -> Option<usize> {
    let said = referral.said.iter().find(|(fact, _)| fact == id)?;
    match said.1 {
        Said::Answer(place) => Some(place),
        Said::TwoAccounts(first, _) if model.fact(id)?.role == Role::Unordered => Some(first),
        // A protective fact's place of greatest concern is that it is absent.
        Said::TwoAccounts(first, second) => Some(first.max(second)),
        Said::NotKnown | Said::Refused => None,
    }
}

fn is_spoken_of(referral: &Referral, id: &str) -> bool {
    referral.said.iter().any(|(fact, _)| fact == id)
}

/// Topics opened by the referrer or by what was answered.
fn opened_topics(model: &Model, referral: &Referral) -> BTreeSet<String> {
    let mut topics: BTreeSet<String> = referral.concerns.iter().cloned().collect();
    for fact in &model.facts {
        if let Some(place) = given(model, referral, &fact.id) {
            topics.extend(opened_by(model, fact, place));
        }
    }
    topics
}

/// What one answer opens: whatever it or a lesser answer says, and its own topic when it is a sign of concern beyond
/// the least answer.
fn opened_by(model: &Model, fact: &Fact, place: usize) -> BTreeSet<String> {
    let mut topics = BTreeSet::new();
    let lesser = if fact.role == Role::Unordered { place..=place } else { 0..=place };
    for place in lesser {
        topics.extend(fact.gives(place).into_iter().flat_map(|gives| gives.opens.clone()));
    }
    if matches!(fact.role, Role::Sign | Role::Presumed) && is_beyond_least(model, fact, place) {
        topics.insert(fact.topic.clone());
    }
    topics
}

/// Whether any rule tells an answer, or a lesser one, apart from the least: one missed school day in a hundred is as
/// good as none until some rule says otherwise.
fn is_beyond_least(model: &Model, fact: &Fact, place: usize) -> bool {
    (1..=place).any(|place| is_told_apart(model, fact, place))
}

fn is_told_apart(model: &Model, fact: &Fact, place: usize) -> bool {
    let Kind::Number { never, bands, .. } = &fact.kind else { return place > 0 };
    // "Never" is an answer of its own, and so is the first number after it.
    if *never && place <= 1 {
        return place > 0;
    }
    let mut apart = bands.iter().any(|(from, _)| (*from <= place) != (*from < place));
    for condition in model.conditions() {
        condition.visit(&mut |part| match part {
            Condition::Test(id, test) if *id == fact.id => {
                let answers = fact.answers();
                // A number that is named is told apart from its neighbours, even where several are named together.
                apart |= [place, place - 1].iter().any(|place| match test {
                    Test::Is(named) => *named == answers[*place],
                    Test::OneOf(named) => named.contains(&answers[*place]),
                    _ => false,
                });
                apart |= passes(fact, test, place) != passes(fact, test, place - 1);
            }
            Condition::Script(script) if script.reads.contains(&fact.id) => {
                apart |= script_tells_apart(model, script, fact, place);
            }
            _ => {}
        });
    }
    apart
}

/// Whether a script says something else at a place than one place before, whatever its other facts are.
fn script_tells_apart(model: &Model, script: &Script, fact: &Fact, place: usize) -> bool {
    let reads: Vec<&Fact> = script.reads.iter().filter_map(|id| model.fact(id)).collect();
    let mut rows = Rows::new(&reads);
    while let Some(row) = rows.next_row() {
        let at = |here: usize| {
            let places = script.reads.iter().zip(row);
            places.map(|(id, place)| (id.clone(), if *id == fact.id { here } else { *place })).collect::<Vec<_>>()
        };
        if one_row(script, &at(place)) != one_row(script, &at(place - 1)) {
            return true;
        }
    }
    false
}

/// Core, of an opened topic, spoken of, or a circumstance, which is never assumed.
fn considered<'m>(model: &'m Model, referral: &Referral, topics: &BTreeSet<String>) -> Vec<&'m Fact> {
    let is_considered = |fact: &&Fact| {
        referral.scope_all
            || fact.core
            || fact.role == Role::Circumstance
            || is_spoken_of(referral, &fact.id)
            || topics.contains(&fact.topic)
    };
    model.facts.iter().filter(is_considered).collect()
}

/// The considered facts that are not known, those included that an answer to one of them would open.
pub fn unknown<'m>(model: &'m Model, referral: &Referral) -> Vec<&'m Fact> {
    let mut topics = opened_topics(model, referral);
    loop {
        let asked = considered(model, referral, &topics).into_iter().filter(|fact| {
            given(model, referral, &fact.id).is_none()
                // A question that is certainly not asked takes its least answer, unless somebody spoke of it.
                && (is_spoken_of(referral, &fact.id) || gate(model, referral, fact) != Some(false))
        });
        let asked: Vec<&Fact> = asked.collect();
        let mut wider = topics.clone();
        for fact in &asked {
            if matches!(fact.role, Role::Sign | Role::Circumstance | Role::Context | Role::Presumed) {
                wider.extend(opened_by(model, fact, fact.greatest()));
            }
        }
        if wider == topics {
            // Presumed facts stay presumed, protective ones absent, unordered ones without an answer.
            let kept = [Role::Sign, Role::Circumstance, Role::Context];
            return asked.into_iter().filter(|fact| kept.contains(&fact.role)).collect();
        }
        topics = wider;
    }
}

fn conflicts(model: &Model, referral: &Referral) -> BTreeSet<String> {
    let conflicting = model.facts.iter().filter(|fact| {
        let said = referral.said.iter().find(|(id, _)| *id == fact.id).map(|(_, said)| *said);
        let two_accounts = matches!(said, Some(Said::TwoAccounts(..)));
        let beyond = given(model, referral, &fact.id).is_some_and(|place| {
            if fact.role == Role::Unordered { place > 0 } else { is_beyond_least(model, fact, place) }
        });
        two_accounts || (beyond && gate(model, referral, fact) == Some(false))
    });
    conflicting.map(|fact| fact.id.clone()).collect()
}

// Gates: three values over what was answered ------------------------------------------------------------------------

fn gate(model: &Model, referral: &Referral, fact: &Fact) -> Three {
    fact.asked_when.as_ref().and_then(|gate| truth(model, referral, gate))
}

/// True, false or not known, from the answers alone.
pub fn truth(model: &Model, referral: &Referral, condition: &Condition) -> Three {
    let answered = |id: &str, test: &Test| {
        let fact = model.fact(id)?;
        Some(passes(fact, test, given(model, referral, id)?))
    };
    match condition {
        Condition::All(parts) => {
            let values: Vec<Three> = parts.iter().map(|part| truth(model, referral, part)).collect();
            if values.contains(&Some(false)) {
                Some(false)
            } else if values.contains(&None) {
                None
            } else {
                Some(true)
            }
        }
        Condition::Any(parts) => {
            let values: Vec<Three> = parts.iter().map(|part| truth(model, referral, part)).collect();
            if values.contains(&Some(true)) {
                Some(true)
            } else if values.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        Condition::Not(part) => truth(model, referral, part).map(|value| !value),
        Condition::Bare(id) => match model.criterion(id) {
            Some(criterion) => truth(model, referral, &criterion.when),
            None => answered(id, &Test::YesNo(true)),
        },
        Condition::Test(id, test) => answered(id, test),
        Condition::Stated(part) => Some(truth(model, referral, &as_test(part)) == Some(true)),
        Condition::Need(_) | Condition::Script(_) => None,
    }
}

fn as_test(part: &Condition) -> Condition {
    match part {
        Condition::Bare(id) => Condition::Test(id.clone(), Test::YesNo(true)),
        other => other.clone(),
    }
}

/// Whether the answer at a place passes a test.
pub fn passes(fact: &Fact, test: &Test, place: usize) -> bool {
    let answers = fact.answers();
    let answer = &answers[place];
    // Numbers compare as numbers, the words of a choice by their order of concern; "never" compares with nothing.
    let compare = |with: &Raw| match (answer, with) {
        (Raw::Number(a), Raw::Number(b)) => Some(a.cmp(b)),
        (Raw::Word(_), Raw::Word(_)) => answers.iter().position(|other| other == with).map(|other| place.cmp(&other)),
        _ => None,
    };
    match test {
        Test::YesNo(value) => *answer == Raw::YesNo(*value),
        Test::Is(with) => answer == with,
        Test::OneOf(list) => list.contains(answer),
        Test::AtLeast(with) => compare(with).is_some_and(std::cmp::Ordering::is_ge),
        Test::AtMost(with) => compare(with).is_some_and(std::cmp::Ordering::is_le),
        Test::Above(with) => compare(with).is_some_and(std::cmp::Ordering::is_gt),
        Test::Below(with) => compare(with).is_some_and(std::cmp::Ordering::is_lt),
    }
}

// Scripts -----------------------------------------------------------------------------------------------------------

/// Every combination of answers of some facts.
struct Rows {
    sizes: Vec<usize>,
    row: Option<Vec<usize>>,
    begun: bool,
}

impl Rows {
    fn new(facts: &[&Fact]) -> Self {
        Self { sizes: facts.iter().map(|fact| fact.size()).collect(), row: Some(vec![0; facts.len()]), begun: false }
    }

    fn next_row(&mut self) -> Option<&Vec<usize>> {
        if std::mem::replace(&mut self.begun, true) {
            let row = self.row.as_mut()?;
            let mut place = 0;
            while place < row.len() && row[place] + 1 == self.sizes[place] {
                row[place] = 0;
                place += 1;
            }
            if place == row.len() {
                self.row = None;
            } else {
                row[place] += 1;
            }
        }
        self.row.as_ref()
    }
}

/// What a script says for one combination of answers, by itself: true, false, or that it fails.
pub fn one_row(script: &Script, places: &[(String, usize)]) -> Three {
    let holds = |atoms: &Vec<super::model::Atom>| {
        atoms.iter().all(|atom| {
            let place = places.iter().find(|(id, _)| *id == atom.fact).map_or(0, |(_, place)| *place);
            if atom.exactly { place == atom.place } else { place >= atom.place }
        })
    };
    if script.fails_when.iter().any(holds) {
        return script.instead_of_failing;
    }
    Some(script.any_of.iter().any(holds))
}

/// What a script says once the shape rule is heeded: with more concern it holds wherever it held with less, and what
/// could not be worked out with less is not ruled out with more.
pub fn script_says(script: &Script, places: &[(String, usize)]) -> Three {
    let mut lesser = vec![Vec::new()];
    for (id, place) in places {
        let longer = lesser.iter().flat_map(|row: &Vec<(String, usize)>| {
            (0..=*place).map(move |place| {
                let mut row = row.clone();
                row.push((id.clone(), place));
                row
            })
        });
        lesser = longer.collect();
    }
    let said: Vec<Three> = lesser.iter().map(|row| one_row(script, row)).collect();
    if said.contains(&Some(true)) {
        Some(true)
    } else if said.contains(&None) {
        None
    } else {
        Some(false)
    }
}

// Complete facts ----------------------------------------------------------------------------------------------------

/// A referral with every considered unknown fact filled in.
struct Complete<'m> {
    model: &'m Model,
    referral: &'m Referral,
    places: Vec<(&'m str, Option<usize>)>,
    /// What a script that fails counts as.
    failed: bool,
    /// What is found without looking at needs: answers, and criteria that look at none.
    first: Vec<Found<'m>>,
    /// Everything found: the second layer looks at what the first one found, and never at itself.
    found: Vec<Found<'m>>,
}

/// Something found, and what it gives.
#[derive(Clone, Copy)]
struct Found<'m> {
    id: &'m str,
    gives: &'m Gives,
    /// Floor, duty or count, softened or not.
    level: Option<(What, Rank)>,
    /// The fact or criterion under whose name it counts.
    owner: &'m str,
    /// The domain of that owner.
    domain: Domain,
}

impl<'m> Complete<'m> {
    fn new(model: &'m Model, referral: &'m Referral, open: &[&Fact], places: &[usize], failed: bool) -> Self {
        let place = |fact: &Fact| {
            if let Some(place) = given(model, referral, &fact.id) {
                return Some(place);
            }
            if let Some(index) = open.iter().position(|open| open.id == fact.id) {
                return Some(places[index]);
            }
            match fact.role {
                Role::Unordered => None,
                // Presumed until it is given; a protective fact is absent until it is stated.
                Role::Presumed | Role::Protective => Some(fact.greatest()),
                // Nobody raised it.
                Role::Sign | Role::Circumstance | Role::Context => Some(0),
            }
        };
        let places = model.facts.iter().map(|fact| (fact.id.as_str(), place(fact))).collect();
        let mut complete = Self { model, referral, places, failed, first: Vec::new(), found: Vec::new() };
        complete.first = complete.first_layer();
        complete.found = complete.all_found();
        complete
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.places.iter().find(|(fact, _)| *fact == id).and_then(|(_, place)| *place)
    }

    /// Whether a condition holds; `needs` is what a `need` looks at, and `within` the criterion it stands in.
    fn holds(&self, condition: &Condition, within: &Condition, needs: &[Found<'m>]) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.holds(part, within, needs)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part, within, needs)),
            Condition::Not(part) => !self.holds(part, within, needs),
            Condition::Bare(id) => match self.model.criterion(id) {
                Some(criterion) => self.holds(&criterion.when, &criterion.when, needs),
                None => self.passes(id, &Test::YesNo(true)),
            },
            Condition::Test(id, test) => self.passes(id, test),
            Condition::Need(need) => self.has(need, within, needs),
            Condition::Stated(part) => truth(self.model, self.referral, &as_test(part)) == Some(true),
            Condition::Script(script) => {
                let place = |id: &String| (id.clone(), self.place(id).unwrap_or(0));
                script_says(script, &script.reads.iter().map(place).collect::<Vec<_>>()).unwrap_or(self.failed)
            }
        }
    }

    fn passes(&self, id: &str, test: &Test) -> bool {
        let fact = self.model.fact(id).expect("conditions name facts that exist");
        self.place(id).is_some_and(|place| passes(fact, test, place))
    }

    /// Some finding at a level or above: never of an indicator that the same condition tests, nor of its partners.
    fn has(&self, need: &Need, within: &Condition, needs: &[Found<'m>]) -> bool {
        let tested = self.tested(within);
        let own: BTreeSet<&str> = need.besides.iter().chain(&tested).map(|id| self.owner(id)).collect();
        needs.iter().any(|found| {
            found.level.is_some_and(|(what, rank)| rank >= need.at && (!need.harm || what == What::Floor))
                && need.domains.as_ref().is_none_or(|domains| domains.contains(&found.domain))
                && !own.contains(found.owner)
        })
    }

    /// The facts that a condition tests, through the criteria that it names too.
    fn tested(&self, condition: &Condition) -> BTreeSet<String> {
        let mut facts = BTreeSet::new();
        condition.visit(&mut |part| match part {
            Condition::Bare(id) => match self.model.criterion(id) {
                Some(criterion) => facts.extend(self.tested(&criterion.when)),
                None => {
                    facts.insert(id.clone());
                }
            },
            Condition::Test(id, _) => {
                facts.insert(id.clone());
            }
            Condition::Script(script) => facts.extend(script.reads.clone()),
            _ => {}
        });
        facts
    }

    /// Under whose name a fact's or a criterion's need counts.
    fn owner<'a>(&'a self, id: &'a str) -> &'a str {
        let fact = self.model.fact(id).and_then(|fact| fact.counts_with.as_deref());
        let criterion = self.model.criterion(id).and_then(|criterion| criterion.counts_with.as_deref());
        fact.or(criterion).unwrap_or(id)
    }

    fn domain_of(&self, owner: &str) -> Domain {
        let fact = self.model.fact(owner).map(|fact| (fact.domain, &fact.topic));
        let criterion = self.model.criterion(owner).map(|criterion| (criterion.domain, &criterion.topic));
        let (domain, topic) = fact.or(criterion).expect("an owner exists");
        domain.unwrap_or_else(|| self.model.topic(topic).domain)
    }

    fn finding(&self, id: &'m str, gives: &'m Gives, counts_with: Option<&'m String>) -> Found<'m> {
        let softened = gives.unless.as_ref().filter(|(unless, _)| self.holds(unless, unless, &[]));
        let level = gives.level.map(|(what, rank)| (what, softened.map_or(rank, |(_, then)| *then)));
        let owner = counts_with.map_or(id, String::as_str);
        Found { id, gives, level, owner, domain: self.domain_of(owner) }
    }

    fn first_layer(&self) -> Vec<Found<'m>> {
        let answers = self.model.facts.iter().filter_map(|fact| {
            let place = self.place(&fact.id)?;
            // A least answer is nothing found; an unordered fact has no least.
            let found = place > 0 || fact.role == Role::Unordered;
            Some(self.finding(&fact.id, fact.gives(place).filter(|_| found)?, fact.counts_with.as_ref()))
        });
        let criteria = self.model.criteria.iter().filter(|criterion| !self.looks_at_needs(&criterion.when));
        let criteria = criteria.filter(|criterion| self.holds(&criterion.when, &criterion.when, &[]));
        answers.chain(criteria.filter_map(|criterion| self.of_criterion(criterion))).collect()
    }

    fn of_criterion(&self, criterion: &'m Criterion) -> Option<Found<'m>> {
        Some(self.finding(&criterion.id, criterion.gives.as_ref()?, criterion.counts_with.as_ref()))
    }

    fn looks_at_needs(&self, condition: &Condition) -> bool {
        let mut looks = false;
        condition.visit(&mut |part| match part {
            Condition::Need(_) => looks = true,
            Condition::Bare(id) => {
                looks |= self.model.criterion(id).is_some_and(|criterion| self.looks_at_needs(&criterion.when));
            }
            _ => {}
        });
        looks
    }

    fn all_found(&self) -> Vec<Found<'m>> {
        let second = self.model.criteria.iter().filter(|criterion| {
            self.looks_at_needs(&criterion.when) && self.holds(&criterion.when, &criterion.when, &self.first)
        });
        let second = second.filter_map(|criterion| self.of_criterion(criterion));
        let all = self.first.iter().copied().chain(second);
        all.filter(|found| !found.gives.is_nothing()).collect()
    }

    /// Modifiers that no protective fact cancels.
    fn modifiers(&self) -> BTreeSet<&'m str> {
        let raising = self.found.iter().filter(|found| found.gives.raises).map(|found| found.id);
        let cancelled = |id: &str| {
            self.model.protection.iter().any(|protection| {
                given(self.model, self.referral, &protection.fact) == Some(0)
                    && protection.cancels.iter().any(|cancelled| cancelled == id)
            })
        };
        raising.filter(|id| !cancelled(id)).collect()
    }

    /// Whether a part of a threshold is met; needs told twice count once, at their highest, in their owner's domain.
    fn meets(&self, part: &Needs, hardship: bool) -> bool {
        let mut needs: Vec<(&str, Domain)> = Vec::new();
        for found in &self.found {
            let high_enough = found.level.is_some_and(|(_, rank)| rank >= part.at);
            let counted = needs.iter().any(|(owner, _)| *owner == found.owner);
            if high_enough && !counted && (hardship || !found.gives.hardship) {
                needs.push((found.owner, found.domain));
            }
        }
        let in_one_of = |domains: &[Domain]| needs.iter().any(|(_, domain)| domains.contains(domain));
        let domains = || Domain::REAL.iter().filter(|domain| in_one_of(&[**domain])).count();
        let groups = || self.model.groups.iter().filter(|group| in_one_of(group)).count();
        needs.len() >= part.at_least
            && part.domains.is_none_or(|wanted| domains() >= wanted)
            && part.groups.is_none_or(|wanted| groups() >= wanted)
    }

    fn reached(&self, hardship: bool) -> Vec<&'m Threshold> {
        let modified = !self.modifiers().is_empty();
        let reached = self.model.thresholds.iter().filter(|threshold| {
            let lapsed = threshold.unless.as_ref().is_some_and(|unless| self.holds(unless, unless, &[]));
            let helped = hardship && self.hardship_helps(threshold.reaches);
            (modified || !lapsed) && threshold.needs.iter().all(|part| self.meets(part, helped))
        });
        reached.collect()
    }

    /// Whether hardship may help to reach a level.
    fn hardship_helps(&self, rank: Rank) -> bool {
        self.model.hardship_never_reaches.is_none_or(|line| rank < line)
    }

    fn thresholds(&self) -> Vec<&'m Threshold> {
        self.reached(true)
    }

    /// The level before modifiers.
    fn base(&self, hardship: bool) -> Rank {
        let hard = self.found.iter().filter_map(|found| found.level).filter(|(what, _)| *what != What::Counts);
        let hard = hard.map(|(_, rank)| rank);
        let counted = self.reached(hardship).into_iter().map(|threshold| threshold.reaches);
        hard.chain(counted).chain([1]).max().unwrap_or(1)
    }

    fn level(&self) -> Rank {
        let with = self.step_up(self.base(true), |rank| self.hardship_helps(rank));
        // What stands without hardship stands, and may be stepped up over the line that hardship never crosses.
        let without = self.step_up(self.base(false), |_| true);
        with.max(without)
    }

    fn step_up(&self, base: Rank, may_reach: impl Fn(Rank) -> bool) -> Rank {
        let Some(modifiers) = &self.model.modifiers else { return base };
        let steps = self.modifiers().len().min(modifiers.steps_at_most);
        let mut level = base;
        for _ in 0..steps {
            if modifiers.from.contains(&level) && may_reach(level + 1) {
                level += 1;
            } else {
                break;
            }
        }
        level
    }

    // What is told ------------------------------------------------------------------------------------------------

    fn reasons(&self) -> BTreeSet<String> {
        let reason = |found: &Found<'_>| {
            let level = found.level.map(|(what, rank)| format!(" {what:?} {rank}")).unwrap_or_default();
            let raises = if found.gives.raises { " raises" } else { "" };
            format!("{}{level}{raises}", found.id)
        };
        self.found.iter().map(reason).collect()
    }

    fn considerations(&self) -> BTreeSet<String> {
        let mut ids: BTreeSet<&str> =
            self.found.iter().flat_map(|found| found.gives.consider.iter()).map(String::as_str).collect();
        for threshold in self.thresholds() {
            ids.extend(threshold.consider.iter().map(String::as_str));
        }
        let base = self.base(true);
        if let Some(modifiers) = &self.model.modifiers
            && !self.modifiers().is_empty()
            && self.level() == base
        {
            ids.extend(modifiers.instead.iter().filter(|(rank, _)| *rank == base).map(|(_, id)| id.as_str()));
        }
        let level = self.level();
        let until = |until: Rank| until.min(self.model.ranks);
        let shown = CONSIDERATIONS.iter().filter(|(id, below)| ids.contains(id) && level < until(*below));
        shown.map(|(id, _)| (*id).to_owned()).collect()
    }

    /// The criteria that hold and give something, and the thresholds that are reached.
    fn found_rules(&self) -> BTreeSet<String> {
        let criteria = self.model.criteria.iter().filter(|criterion| criterion.gives.is_some());
        let criteria = criteria.filter(|criterion| self.holds(&criterion.when, &criterion.when, &self.first));
        let thresholds = self.thresholds().into_iter().map(|threshold| threshold.id.clone());
        criteria.map(|criterion| criterion.id.clone()).chain(thresholds).collect()
    }

    fn failing_scripts(&self) -> BTreeSet<String> {
        let failing = self.model.scripts().into_iter().filter(|script| {
            let places: Vec<(String, usize)> =
                script.reads.iter().map(|id| (id.clone(), self.place(id).unwrap_or(0))).collect();
            one_row(script, &places).is_none() || script_says(script, &places).is_none()
        });
        failing.map(|script| script.name.clone()).collect()
    }
}
