//! What a round's ratings say: which questions are read differently, and which agencies see other levels in the same
//! facts.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{FEWEST_TOLD, Rated, Round, Vignette};
use crate::agreement::{Distance, Ratings, Weights};
use crate::criteria::RuleSet;
use crate::facts::FactIndex;
use crate::ladder::Rank;

/// What agencies of fewer raters are told as, together.
pub const THE_REST: &str = "Other agencies";

/// How far raters agree, by the measures that are used for it; none where one cannot be reckoned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreed {
    /// How many were rated by at least two.
    pub rated_by_two: usize,
    /// The share of pairs of raters who say the same.
    pub same: Option<f64>,
    /// Gwet's coefficient: AC1 of what has no order, else AC2 with linear weights.
    pub ac: Option<f64>,
    /// Between which it lies, were others of the same kind rated: 95 of 100 times.
    pub interval: Option<(f64, f64)>,
    /// Every other measure by its name, for whoever reckons again.
    pub others: Vec<(&'static str, Option<f64>)>,
}

/// The raters of an agency beside what the criteria indicate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfAgency {
    /// The agency, as organisations are called by it; `THE_REST` of several.
    pub agency: String,
    /// How many people.
    pub raters: usize,
    /// How many ratings name a level.
    pub levels: usize,
    /// Of these, how many see the level that the criteria indicate of the facts as the rater read them.
    pub as_indicated: usize,
    /// How many see a higher one.
    pub higher: usize,
    /// How many see a lower one.
    pub lower: usize,
    /// How many ratings there are.
    pub ratings: usize,
    /// How many read facts that indicate more than the story means.
    pub facts_higher: usize,
    /// How many read facts that indicate less.
    pub facts_lower: usize,
    /// How far they agree on levels among themselves.
    pub agreed: Agreed,
}

/// An answer that was given, and how often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    /// The answer, as requests have it.
    pub answer: Value,
    /// How many gave it.
    pub count: usize,
    /// Whether the story means it.
    pub is_meant: bool,
}

/// A question, over every vignette that asks it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfQuestion {
    /// The fact.
    pub fact: String,
    /// How many answers were given.
    pub answers: usize,
    /// How many were as the story means.
    pub as_meant: usize,
    /// How many ratings another answer alone moves to other levels.
    pub moved: usize,
    /// How far raters agree.
    pub agreed: Agreed,
    /// What was answered, vignette by vignette; by the vignette's place.
    pub of: Vec<(usize, Vec<Answered>)>,
}

/// A vignette: the levels that were seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfVignette {
    /// The worked example that it was.
    pub id: String,
    /// The bounds that the criteria indicate of the facts as they are meant.
    pub indicated: (Rank, Rank),
    /// Each level, and how many saw it.
    pub levels: Vec<(Rank, usize)>,
    /// How many could not say.
    pub cannot_say: usize,
    /// How many read facts that indicate the same bounds.
    pub facts_as_meant: usize,
    /// How many rated it.
    pub ratings: usize,
}

/// Everything that a round's ratings say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    /// How many people rated.
    pub raters: usize,
    /// How far they agree on levels.
    pub levels: Agreed,
    /// All of them beside what the criteria indicate.
    pub all: OfAgency,
    /// Each agency, by name.
    pub agencies: Vec<OfAgency>,
    /// Each question, the one that is read most differently first.
    pub questions: Vec<OfQuestion>,
    /// Each vignette, in order.
    pub vignettes: Vec<OfVignette>,
    /// Every rating, by a number for its rater: what figures are reckoned again from.
    pub ratings: Vec<RatingTold>,
}

/// A rating as it is told: by whom stands nowhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatingTold {
    /// A number for the rater.
    pub rater: usize,
    /// The agency.
    pub agency: String,
    /// The vignette.
    pub vignette: String,
    /// The level.
    pub level: Option<Rank>,
    /// The bounds that the criteria indicate of the answers.
    pub indicated: (Rank, Rank),
    /// The answers.
    pub answers: Vec<(String, Value)>,
}

/// One rating as it is counted.
struct Counted<'a> {
    rated: &'a Rated<'a>,
    /// Whose, by the place among raters.
    rater: usize,
    /// The bounds of the answers as they were given.
    own: (Rank, Rank),
    /// The bounds of the facts as they are meant.
    meant: (Rank, Rank),
}

impl Counted<'_> {
    /// The level beside the facts as this rater read them.
    fn threshold(&self) -> Option<Ordering> {
        let level = self.rated.rating.level?;
        let (least, most) = self.own;
        Some(if level < least {
            Ordering::Less
        } else if level > most {
            Ordering::Greater
        } else {
            Ordering::Equal
        })
    }

    /// The facts as this rater read them beside those that are meant: what must be acted on comes first.
    fn facts(&self) -> Ordering {
        self.own.cmp(&self.meant)
    }
}

impl Results {
    /// What ratings say, of each rater and vignette the last. Those whose answers the rules do not take are not counted;
    /// none are entered.
    pub fn of(round: &Round, rules: &RuleSet, ratings: &[Rated<'_>]) -> Self {
        let meant: Vec<_> = round.vignettes.iter().map(|one| one.meant(rules).unwrap_or_default()).collect();
        let people: BTreeSet<(&str, &str)> =
            ratings.iter().map(|rated| (agency(rated.organisation), rated.by)).collect();
        let people: Vec<(&str, &str)> = people.into_iter().collect();
        let mut last: BTreeMap<(usize, usize), Counted<'_>> = BTreeMap::new();
        for rated in ratings {
            let place = rated.rating.vignette;
            let Some(vignette) = round.vignettes.get(place) else { continue };
            let Ok(own) = vignette.indicated(rules, &rated.rating.answers) else { continue };
            let Ok(rater) = people.binary_search(&(agency(rated.organisation), rated.by)) else { continue };
            last.insert((rater, place), Counted { rated, rater, own, meant: meant[place] });
        }
        let counted: Vec<Counted<'_>> = last.into_values().collect();
        let groups = groups(&people);
        let of = |name: &str, raters: &[usize]| of_agency(name, raters, &counted, round, rules);
        let everybody: Vec<usize> = (0..people.len()).collect();
        let all = of("All", &everybody);
        Self {
            raters: people.len(),
            levels: all.agreed.clone(),
            agencies: groups.iter().map(|(name, raters)| of(name, raters)).collect(),
            questions: questions(round, rules, &counted, people.len()),
            vignettes: vignettes(round, rules, &counted, &meant),
            ratings: told(round, &counted, &groups),
            all,
        }
    }
}

/// The agency of an organisation: what its code begins with.
fn agency(organisation: &str) -> &str {
    organisation.split(':').next().unwrap_or_default()
}

/// Raters by agency, by their places; the agencies of few people are one, and if they are few all the same, so is the
/// next smallest, for what one agency says is not to be had by taking the others away.
fn groups(people: &[(&str, &str)]) -> Vec<(String, Vec<usize>)> {
    let mut by_agency: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (rater, (agency, _)) in people.iter().enumerate() {
        by_agency.entry(agency).or_default().push(rater);
    }
    let mut groups: Vec<(&str, Vec<usize>)> = by_agency.into_iter().collect();
    groups.sort_by_key(|(name, raters)| (raters.len(), *name));
    let mut rest: Vec<usize> = Vec::new();
    while groups
        .first()
        .is_some_and(|(_, raters)| raters.len() < FEWEST_TOLD || (!rest.is_empty() && rest.len() < FEWEST_TOLD))
    {
        rest.extend(groups.remove(0).1);
    }
    groups.sort();
    let mut groups: Vec<(String, Vec<usize>)> =
        groups.into_iter().map(|(name, raters)| (name.to_owned(), raters)).collect();
    if !rest.is_empty() {
        rest.sort_unstable();
        groups.push((THE_REST.to_owned(), rest));
    }
    groups
}

fn of_agency(name: &str, raters: &[usize], counted: &[Counted<'_>], round: &Round, rules: &RuleSet) -> OfAgency {
    let theirs: Vec<&Counted<'_>> = counted.iter().filter(|one| raters.contains(&one.rater)).collect();
    let threshold = |wanted| theirs.iter().filter(|one| one.threshold() == Some(wanted)).count();
    let facts = |wanted| theirs.iter().filter(|one| one.facts() == wanted).count();
    let ranks: Vec<Rank> = rules.ladder().levels().iter().map(|level| level.rank).collect();
    let mut units = vec![vec![None; raters.len()]; round.vignettes.len()];
    for one in &theirs {
        let rater = raters.iter().position(|rater| *rater == one.rater);
        let level = one.rated.rating.level.and_then(|level| ranks.iter().position(|rank| *rank == level));
        if let (Some(rater), Some(level)) = (rater, level) {
            units[one.rated.rating.vignette][rater] = u8::try_from(level).ok();
        }
    }
    OfAgency {
        agency: name.to_owned(),
        raters: raters.len(),
        levels: theirs.iter().filter(|one| one.rated.rating.level.is_some()).count(),
        as_indicated: threshold(Ordering::Equal),
        higher: threshold(Ordering::Greater),
        lower: threshold(Ordering::Less),
        ratings: theirs.len(),
        facts_higher: facts(Ordering::Greater),
        facts_lower: facts(Ordering::Less),
        agreed: agreed(Ratings::new(ranks.len(), units), true),
    }
}

/// How far raters agree. What has no order is weighed alike; levels by how far they lie apart, in weights that were
/// chosen before anybody rated.
fn agreed(ratings: Option<Ratings>, is_ordered: bool) -> Agreed {
    let nothing = || Agreed { rated_by_two: 0, same: None, ac: None, interval: None, others: Vec::new() };
    let Some(ratings) = ratings else { return nothing() };
    let weights = if is_ordered { Weights::Linear } else { Weights::Identity };
    let mut others = vec![
        ("ac1", ratings.ac(Weights::Identity)),
        ("kappa", ratings.kappa(Weights::Identity)),
        ("alpha_nominal", ratings.alpha(Distance::Nominal)),
    ];
    if is_ordered {
        others.extend([
            ("agreement_linear", ratings.agreement(Weights::Linear)),
            ("ac2_quadratic", ratings.ac(Weights::Quadratic)),
            ("ac2_ordinal", ratings.ac(Weights::Ordinal)),
            ("kappa_linear", ratings.kappa(Weights::Linear)),
            ("kappa_quadratic", ratings.kappa(Weights::Quadratic)),
            ("alpha_ordinal", ratings.alpha(Distance::Ordinal)),
            ("alpha_interval", ratings.alpha(Distance::Interval)),
        ]);
    }
    Agreed {
        rated_by_two: ratings.shared(),
        same: ratings.agreement(Weights::Identity),
        ac: ratings.ac(weights),
        interval: ratings.interval(|drawn| drawn.ac(weights)),
        others,
    }
}

fn questions(round: &Round, rules: &RuleSet, counted: &[Counted<'_>], raters: usize) -> Vec<OfQuestion> {
    let asked: BTreeSet<FactIndex> = round.vignettes.iter().flat_map(|one| one.asked(rules)).collect();
    let mut all: Vec<OfQuestion> =
        asked.into_iter().map(|fact| question(round, rules, counted, raters, fact)).collect();
    // The lower of what raters share with each other and with what the story means: all may misread it alike.
    let read_alike = |one: &OfQuestion| {
        let meant = one.as_meant as f64 / (one.answers.max(1)) as f64;
        one.agreed.same.map_or(meant, |same| same.min(meant))
    };
    all.sort_by(|a, b| read_alike(a).total_cmp(&read_alike(b)).then(b.moved.cmp(&a.moved)).then(a.fact.cmp(&b.fact)));
    all
}

fn question(round: &Round, rules: &RuleSet, counted: &[Counted<'_>], raters: usize, fact: FactIndex) -> OfQuestion {
    let id = rules.indicators()[fact].id.as_str();
    let meant = |vignette: &Vignette| vignette.facts.get(id).cloned();
    let mut given: BTreeMap<String, Value> = BTreeMap::new();
    let mut of: BTreeMap<usize, BTreeMap<String, usize>> = BTreeMap::new();
    let (mut answers, mut as_meant, mut moved) = (0, 0, 0);
    for one in counted {
        let rating = one.rated.rating;
        let vignette = &round.vignettes[rating.vignette];
        let (Some(answer), Some(meant)) = (rating.answers.get(id), meant(vignette)) else { continue };
        answers += 1;
        given.insert(answer.to_string(), answer.clone());
        *of.entry(rating.vignette).or_default().entry(answer.to_string()).or_default() += 1;
        if *answer == meant {
            as_meant += 1;
            continue;
        }
        let mut mended = rating.answers.clone();
        mended.insert(id.to_owned(), meant);
        moved += usize::from(vignette.indicated(rules, &mended).is_ok_and(|bounds| bounds != one.own));
    }
    let categories: Vec<&String> = given.keys().collect();
    let places: Vec<usize> = of.keys().copied().collect();
    let mut units = vec![vec![None; raters]; places.len()];
    for one in counted {
        let place = places.binary_search(&one.rated.rating.vignette);
        let answer = one.rated.rating.answers.get(id).map(Value::to_string);
        if let (Ok(place), Some(answer)) = (place, answer) {
            let category = categories.binary_search(&&answer).ok();
            units[place][one.rater] = category.and_then(|category| u8::try_from(category).ok());
        }
    }
    // A measure of agreement by chance needs something else that might have been answered.
    let ratings = Ratings::new(categories.len().max(2), units);
    let told = |place: usize, counts: BTreeMap<String, usize>| {
        let meant = meant(&round.vignettes[place]);
        let one = |(text, count): (String, usize)| {
            let answer = given[&text].clone();
            Answered { is_meant: meant.as_ref() == Some(&answer), answer, count }
        };
        let mut all: Vec<Answered> = counts.into_iter().map(one).collect();
        all.sort_by_key(|one| Reverse(one.count));
        (place, all)
    };
    OfQuestion {
        fact: id.to_owned(),
        answers,
        as_meant,
        moved,
        agreed: agreed(ratings, false),
        of: of.into_iter().map(|(place, counts)| told(place, counts)).collect(),
    }
}

fn vignettes(round: &Round, rules: &RuleSet, counted: &[Counted<'_>], meant: &[(Rank, Rank)]) -> Vec<OfVignette> {
    let one = |(place, vignette): (usize, &Vignette)| {
        let theirs = || counted.iter().filter(|one| one.rated.rating.vignette == place);
        let level = |rank: Option<Rank>| theirs().filter(|one| one.rated.rating.level == rank).count();
        OfVignette {
            id: vignette.id.clone(),
            indicated: meant[place],
            levels: rules.ladder().levels().iter().map(|of| (of.rank, level(Some(of.rank)))).collect(),
            cannot_say: level(None),
            facts_as_meant: theirs().filter(|one| one.own == one.meant).count(),
            ratings: theirs().count(),
        }
    };
    round.vignettes.iter().enumerate().map(one).collect()
}

/// Every rating without its rater: the numbers of raters follow no order that anybody knows them by.
fn told(round: &Round, counted: &[Counted<'_>], groups: &[(String, Vec<usize>)]) -> Vec<RatingTold> {
    let mut numbers: BTreeMap<usize, (usize, &str)> = BTreeMap::new();
    for (agency, raters) in groups {
        for rater in raters {
            numbers.insert(*rater, (0, agency));
        }
    }
    // By what they said first: an id would order them as a list of staff does.
    let mut order: Vec<(String, usize)> = numbers.keys().map(|rater| (said(counted, *rater), *rater)).collect();
    order.sort();
    for (number, (_, rater)) in order.into_iter().enumerate() {
        if let Some(known) = numbers.get_mut(&rater) {
            known.0 = number + 1;
        }
    }
    let one = |one: &Counted<'_>| {
        let (rater, agency) = numbers.get(&one.rater).copied().unwrap_or_default();
        let rating = one.rated.rating;
        RatingTold {
            rater,
            agency: agency.to_owned(),
            vignette: round.vignettes[rating.vignette].id.clone(),
            level: rating.level,
            indicated: one.own,
            answers: rating.answers.iter().map(|(id, answer)| (id.clone(), answer.clone())).collect(),
        }
    };
    let mut all: Vec<RatingTold> = counted.iter().map(one).collect();
    all.sort_by_key(|one| one.rater);
    all
}

/// Everything that a rater said, as text.
fn said(counted: &[Counted<'_>], rater: usize) -> String {
    let theirs = counted.iter().filter(|one| one.rater == rater);
    theirs.map(|one| serde_json::to_string(one.rated.rating).unwrap_or_default()).collect()
}
