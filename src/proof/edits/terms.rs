//! Conditions of two rule sets in terms that both share: in words, compared, and as one follows from the other.

use std::collections::BTreeSet;

use crate::criteria::in_words::{any_of, count, named, owner_id};
use crate::criteria::{ClassSet, Condition, Domain, Need, NeedSet, Needs, RuleSet};
use crate::facts::FactIndex;
use crate::ladder::Rank;
use crate::proof::pair::{Pair, SharedFact};

/// More ways of holding than any rule of a threshold document has.
const MOST_WAYS: usize = 2_000;

/// A condition, its parts in an order of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Test {
        /// Its place in the pair.
        fact: usize,
        /// Places of answers in the pair.
        answers: BTreeSet<usize>,
        stated: bool,
    },
    Holds(String),
    Need {
        at: Rank,
        harm: bool,
        /// Everywhere, or in these domains.
        domains: Option<BTreeSet<&'static str>>,
        besides: BTreeSet<String>,
    },
    Script(String),
    /// So many needs at a level or above, in so many domains, in so many groups.
    Count {
        at: Rank,
        numbers: [usize; 3],
    },
}

impl Term {
    /// A condition of one of the rule sets.
    pub fn of(pair: &Pair<'_>, side: usize, condition: &Condition) -> Self {
        let rules = pair.rules[side];
        let parts = |parts: &[Condition]| {
            let mut terms: Vec<Self> = parts.iter().map(|part| Self::of(pair, side, part)).collect();
            terms.sort();
            terms.dedup();
            terms
        };
        let test = |fact: FactIndex, classes: ClassSet, stated: bool| {
            let id = &rules.indicators[fact].id;
            let place = pair.facts.iter().position(|shared| shared.id == *id).unwrap_or_default();
            let is_among = |class: Option<u8>| class.is_some_and(|class| classes >> class & 1 == 1);
            let answers = pair.facts[place].answers.iter().enumerate();
            let answers = answers.filter(|(_, answer)| is_among(answer.class[side])).map(|(place, _)| place).collect();
            Self::Test { fact: place, answers, stated }
        };
        match condition {
            Condition::All(all) => Self::together(parts(all), Self::All),
            Condition::Any(any) => Self::together(parts(any), Self::Any),
            Condition::Test { fact, classes } => test(*fact, *classes, false),
            Condition::Stated { fact, classes } => test(*fact, *classes, true),
            Condition::Holds(criterion) => Self::Holds(rules.criteria[*criterion].id.clone()),
            Condition::Need(need) => Self::need(rules, need),
            Condition::Table(table) => Self::Script(rules.tables[*table].name.clone()),
        }
    }

    /// One part alone needs no "all of" or "any of".
    fn together(mut parts: Vec<Self>, of: impl Fn(Vec<Self>) -> Self) -> Self {
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                parts.extend(last);
                of(parts)
            }
        }
    }

    /// A need that is looked at. Which owners a domain holds is told where they are; here it is the domain.
    pub fn need(rules: &RuleSet, need: &Need) -> Self {
        let of_domains = rules.needs_of_domains();
        let placed = of_domains.iter().fold(NeedSet::EMPTY, |all, set| all.or(set));
        let in_some: Vec<Domain> =
            Domain::ALL.into_iter().filter(|domain| of_domains[*domain as usize].meets(&need.among)).collect();
        let everywhere = !need.among.without(&placed).is_empty();
        let looked_at = match everywhere {
            true => (0..NeedSet::CAPACITY).collect(),
            false => in_some.iter().fold(NeedSet::EMPTY, |all, domain| all.or(&of_domains[*domain as usize])),
        };
        let besides = looked_at.without(&need.among).iter().filter_map(|owner| owner_id(rules, owner)).collect();
        let domains = (!everywhere).then(|| in_some.into_iter().map(Domain::word).collect());
        Self::Need { at: need.at, harm: need.harm, domains, besides }
    }

    /// What a threshold counts.
    pub fn counted(needs: &[Needs]) -> Self {
        let count = |part: &Needs| {
            let groups = part.groups.as_ref().map_or(0, |(groups, _)| *groups);
            Self::Count { at: part.at, numbers: [part.at_least, part.domains.unwrap_or(0), groups] }
        };
        let mut parts: Vec<Self> = needs.iter().map(count).collect();
        parts.sort();
        Self::together(parts, Self::All)
    }

    /// Whether the other holds wherever this one does, whatever the criteria that they name are: every way in which
    /// this one holds meets everything that the other asks for. What is too large to be laid out follows from nothing.
    pub fn implies(&self, other: &Self) -> bool {
        let (Some(ways), Some(asked)) = (self.laid_out(true), other.laid_out(false)) else { return false };
        ways.iter().all(|way| asked.iter().all(|one| follows(way, one)))
    }

    /// As any of some ways that are each all of some terms; or the other way about, as all of some that are each any.
    fn laid_out(&self, as_any: bool) -> Option<Vec<Vec<&Self>>> {
        let (parts, is_any) = match self {
            Self::All(parts) => (parts, false),
            Self::Any(parts) => (parts, true),
            _ => return Some(vec![vec![self]]),
        };
        let mut laid_out = parts.iter().map(|part| part.laid_out(as_any));
        if is_any == as_any {
            return laid_out.try_fold(Vec::new(), |mut all, part| {
                all.extend(part?);
                Some(all)
            });
        }
        laid_out.try_fold(vec![Vec::new()], |all, part| {
            let part = part?;
            let product = || all.iter().flat_map(|one| part.iter().map(move |other| [one.as_slice(), other].concat()));
            (all.len() * part.len() <= MOST_WAYS).then(|| product().collect())
        })
    }

    /// In words, as one of the rule sets words its questions and answers.
    pub fn words(&self, pair: &Pair<'_>, side: usize) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| match part {
                    Self::All(_) | Self::Any(_) => format!("({})", part.words(pair, side)),
                    _ => part.words(pair, side),
                })
                .collect();
            parts.join(word)
        };
        match self {
            Self::All(parts) => joined(parts, "; and "),
            Self::Any(parts) => joined(parts, "; or "),
            Self::Test { fact, answers, stated } => {
                let shared = &pair.facts[*fact];
                let stated = if *stated { "it is stated that " } else { "" };
                format!("{stated}{} is {}", question(pair, shared, side), pair.answers_in_words(*fact, answers, side))
            }
            Self::Holds(criterion) => format!("what {} says holds", named(criterion)),
            Self::Need { at, harm, domains, besides } => {
                let what = if *harm { "a finding of harm" } else { "a need" };
                let domains = domains.as_ref().map(|domains| format!(" in {}", any_of(domains.iter().copied())));
                let besides =
                    (!besides.is_empty()).then(|| format!(" besides {}", any_of(besides.iter().map(|id| named(id)))));
                let [domains, besides] = [domains, besides].map(Option::unwrap_or_default);
                format!("there is {what} at level {at} or above{domains}{besides}")
            }
            Self::Script(name) => format!("the script {} says so", named(name)),
            Self::Count { at, numbers: [at_least, domains, groups] } => {
                let sides = [(domains, "domain"), (groups, "group")].into_iter().filter(|(number, _)| **number > 0);
                let sides: String = sides.map(|(number, noun)| format!(" in {}", count(*number, noun))).collect();
                format!("{} at level {at} or above{sides}", count(*at_least, "need"))
            }
        }
    }
}

/// Whether some of these hold where all of those do.
fn follows(all: &[&Term], any: &[&Term]) -> bool {
    let one_from_another = |one: &Term, other: &Term| match (one, other) {
        (
            Term::Need { at, harm, domains, besides },
            Term::Need { at: least, harm: only_harm, domains: among, besides: not },
        ) => {
            let inside = match (domains, among) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(domains), Some(among)) => domains.is_subset(among),
            };
            at >= least && (*harm || !only_harm) && inside && not.is_subset(besides)
        }
        (Term::Count { at, numbers }, Term::Count { at: least, numbers: asked }) => {
            at >= least && numbers.iter().zip(asked).all(|(number, asked)| number >= asked)
        }
        (Term::Holds(_), Term::Holds(_)) | (Term::Script(_), Term::Script(_)) => one == other,
        _ => false,
    };
    // What is tested of one fact is one test.
    let facts = all.iter().filter_map(|term| if let Term::Test { fact, .. } = term { Some(*fact) } else { None });
    let tests = facts.collect::<BTreeSet<usize>>().into_iter().any(|fact| {
        let of = |term: &&&Term| match term {
            Term::Test { fact: of, answers, stated } if *of == fact => Some((answers.clone(), *stated)),
            _ => None,
        };
        let tested: Vec<_> = all.iter().filter_map(|term| of(&term)).collect();
        let is_stated = tested.iter().any(|(_, stated)| *stated);
        let left = tested.into_iter().map(|(answers, _)| answers).reduce(|all, answers| &all & &answers);
        let asked = any.iter().filter_map(|term| of(&term)).filter(|(_, stated)| is_stated || !stated);
        let asked = asked.fold(BTreeSet::new(), |all, (answers, _)| &all | &answers);
        left.is_some_and(|left| left.is_subset(&asked))
    });
    tests || all.iter().any(|one| any.iter().any(|other| one_from_another(one, other)))
}

/// A question as one of the rule sets asks it; of one that it does not have, as the other does.
fn question(pair: &Pair<'_>, shared: &SharedFact, side: usize) -> String {
    let indicator =
        shared.indicator(pair.rules[side], side).or_else(|| shared.indicator(pair.rules[1 - side], 1 - side));
    indicator.map_or_else(|| named(&shared.id), |indicator| format!("“{}”", indicator.ask))
}
