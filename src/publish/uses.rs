//! What each fact is asked for: everything of the rules that reads it, and what that gives.

use super::blocks::Text;
use super::entries::{Entry, Told, capital, spaced};
use crate::criteria::entries::About;
use crate::criteria::in_words::{all_of, named, owner_id};
use crate::criteria::{
    AcrossChildren, Condition, Contribution, Criterion, CriterionIndex, Gives, Indicator, Kind, Need, RuleSet,
    Threshold,
};
use crate::facts::{FactIndex, FactSet};

/// A rule set's facts, and what reads them.
#[derive(Debug)]
pub(super) struct Uses<'t, 'r> {
    told: &'t Told<'r>,
    /// Per criterion: the facts that it reads itself, and not through another.
    itself: Vec<FactSet>,
}

impl<'t, 'r> Uses<'t, 'r> {
    pub fn of(told: &'t Told<'r>) -> Self {
        let itself = told.rules.criteria.iter().map(|criterion| itself(told.rules, &criterion.when)).collect();
        Self { told, itself }
    }

    /// The criteria that read a fact, themselves or through others that they name.
    pub fn criteria(&self, fact: FactIndex) -> impl Iterator<Item = CriterionIndex> {
        let all = self.told.rules.criteria.iter().enumerate();
        all.filter(move |(_, criterion)| criterion.reads.contains(fact)).map(|(place, _)| place)
    }

    /// Whether any rule reads a fact.
    pub fn is_read(&self, fact: FactIndex) -> bool {
        !self.by_rules(fact).is_empty()
    }

    /// Everything that reads a fact, a line each.
    pub fn lines(&self, fact: FactIndex) -> Vec<Text> {
        let mut lines = self.by_rules(fact);
        if let Some(words) = self.told.rules.letters().needs.get(&fact) {
            lines.push(Text::small(format!("A letter to the family may say that help is needed with: {words}")));
        }
        lines
    }

    /// What its answers give, and the criteria that read it: without where its need is counted.
    pub fn in_short(&self, fact: FactIndex) -> Vec<Text> {
        let mut lines = self.answers(fact);
        lines.extend(self.read_by(fact));
        lines.extend(self.softens(fact));
        lines.extend(self.asks(fact));
        lines
    }

    fn by_rules(&self, fact: FactIndex) -> Vec<Text> {
        let mut lines = self.answers(fact);
        lines.extend(self.opens(fact));
        lines.extend(self.read_by(fact));
        lines.extend(self.counted(fact));
        lines.extend(self.looked_at(fact));
        lines.extend(self.softens(fact));
        lines.extend(self.asks(fact));
        lines.extend(self.cancels(fact));
        lines.extend(self.across(fact));
        lines
    }

    /// Its own answers, and what each gives.
    fn answers(&self, fact: FactIndex) -> Vec<Text> {
        let indicator = &self.told.rules.indicators[fact];
        let own = self.told.entries.iter().filter(|entry| entry.anchor.id == indicator.id);
        own.map(|entry| {
            let answer = entry.title.strip_prefix(&indicator.ask).unwrap_or(&entry.title).trim();
            Text::default().and_strong(answer).and(": ").and_text(given(entry))
        })
        .collect()
    }

    /// The topics that its answers open.
    fn opens(&self, fact: FactIndex) -> Option<Text> {
        let rules = self.told.rules;
        let classes = &rules.indicators[fact].classes;
        let opened: Vec<String> = (0..rules.topics.len())
            // Any answer opens its own topic.
            .filter(|topic| *topic != rules.indicators[fact].topic)
            .filter_map(|topic| {
                let by = classes.iter().find(|class| class.opens.contains(topic))?;
                Some(format!("{} (from “{}” on)", rules.topics[topic].title, by.label))
            })
            .collect();
        (!opened.is_empty()).then(|| Text::from(format!("Opens the questions of {}", all_of(opened))))
    }

    /// The criteria that read it, and what each gives: first those that do themselves.
    fn read_by(&self, fact: FactIndex) -> Vec<Text> {
        let (itself, through): (Vec<CriterionIndex>, Vec<CriterionIndex>) =
            self.criteria(fact).partition(|place| self.itself[*place].contains(fact));
        let line = |begin: &str, places: Vec<CriterionIndex>| {
            let all = places.iter().enumerate();
            let text = all.fold(Text::from(begin), |text, (place, criterion)| {
                let id = &self.told.rules.criteria[*criterion].id;
                let entry = self.told.entries.iter().find(|entry| entry.anchor.id == *id);
                let gives = entry.map(|entry| entry.stands.gives()).unwrap_or_default();
                let text = if place == 0 { text } else { text.and(", ") };
                text.and_link(&named(id), id).and(&format!(" ({gives})"))
            });
            (!places.is_empty()).then_some(text)
        };
        let lines = [line("Read by ", itself), line("Through a criterion that they name, read by ", through)];
        lines.into_iter().flatten().collect()
    }

    /// The thresholds that count its need.
    fn counted(&self, fact: FactIndex) -> Option<Text> {
        let rules = self.told.rules;
        let counting: Vec<&Threshold> =
            rules.thresholds.iter().filter(|threshold| counts(rules, threshold, &rules.indicators[fact])).collect();
        let text = Text::from("Counts, with other needs, towards ");
        match counting.len() {
            many if many > 1 && many == rules.thresholds.len() => {
                Some(text.and_link("every threshold", "part-thresholds"))
            }
            _ => linked(text, counting.into_iter().map(|threshold| threshold.id.as_str())),
        }
    }

    /// The criteria that look at needs, its own among them.
    fn looked_at(&self, fact: FactIndex) -> Option<Text> {
        let rules = self.told.rules;
        let looks = |criterion: &&Criterion| needs_in(&criterion.when).iter().any(|need| looks_at(rules, need, fact));
        let looking = rules.criteria.iter().filter(looks).map(|criterion| criterion.id.as_str());
        linked(Text::from("As a need, looked at by "), looking)
    }

    /// The levels that soften, and the thresholds that do not count, on its answer.
    fn softens(&self, fact: FactIndex) -> Option<Text> {
        let rules = self.told.rules;
        let reads = |condition: &Condition| condition.reads(rules).contains(fact);
        let does = |gives: &Gives| gives.softens.as_ref().is_some_and(|softens| reads(&softens.unless));
        let answers = rules.indicators.iter().filter(|one| one.classes.iter().any(|class| does(&class.gives)));
        let criteria = rules.criteria.iter().filter(|criterion| does(&criterion.gives));
        let thresholds = rules.thresholds.iter().filter(|one| one.unless.as_ref().is_some_and(reads));
        let ids = answers.map(|one| &one.id).chain(criteria.map(|one| &one.id)).chain(thresholds.map(|one| &one.id));
        linked(Text::from("May lower what this gives: "), ids.map(String::as_str))
    }

    /// The questions that are asked only beside some answer to it.
    fn asks(&self, fact: FactIndex) -> Option<Text> {
        let rules = self.told.rules;
        let gated = rules.indicators.iter().filter(|indicator| {
            indicator.asked_when.as_ref().is_some_and(|condition| condition.reads(rules).contains(fact))
        });
        linked(Text::from("Says whether this is asked: "), gated.map(|indicator| indicator.id.as_str()))
    }

    /// What a strength takes away.
    fn cancels(&self, fact: FactIndex) -> Option<Text> {
        let rules = self.told.rules;
        let owners = rules.protection.iter().filter(|one| one.fact == fact).flat_map(|one| one.cancels.iter());
        let ids: Vec<String> = owners.filter_map(|owner| owner_id(rules, owner)).collect();
        linked(Text::from("Cancels what would raise a level: "), ids.iter().map(String::as_str))
    }

    /// What is asked for of other children of the household.
    fn across(&self, fact: FactIndex) -> Vec<Text> {
        let rules = self.told.rules;
        let says = |across: &AcrossChildren| across.says.trim_end_matches('.').to_owned();
        let line = |across: &AcrossChildren| {
            if across.ask_first.contains(&fact) {
                Some(Text::from(format!("Asked first about every other child: {}", says(across))))
            } else if looks_at(rules, &across.need, fact) {
                Some(Text::small(format!("May ask for something about every other child: {}", says(across))))
            } else {
                None
            }
        };
        rules.across_children.iter().filter_map(line).collect()
    }
}

/// What an entry gives: the level, what it softens to, and what else follows.
pub(super) fn given(entry: &Entry) -> Text {
    let mut text = Text::from(entry.stands.gives());
    if let Some(softens) = &entry.softens {
        let words = softens.words();
        text = text.and(&format!("; {}", words.trim_end_matches('.')));
    }
    for also in &entry.also {
        text = text.and(&format!("; {}", also.words()));
    }
    text
}

/// Of whom a question is asked, and when.
pub(super) fn asked(told: &Told<'_>, fact: FactIndex) -> Vec<Text> {
    let rules = told.rules;
    let indicator = &rules.indicators[fact];
    let about = match indicator.about {
        About::Child => "About the child",
        About::Household => "About the household",
        About::Referral => "About the referral",
    };
    let when = match &indicator.asked_when {
        // No answer would do: it is asked until there is one.
        Some(Condition::Test { fact, classes: 0 }) => {
            format!("asked until “{}” is answered", rules.indicators[*fact].ask)
        }
        Some(condition) => format!("asked when {}", told.when(condition)),
        None if rules.is_core(fact) => "asked about every child".to_owned(),
        None if rules.is_circumstance(fact) => "asked where it bears on another answer".to_owned(),
        None => "asked where its topic is raised or opened".to_owned(),
    };
    let mut lines = vec![Text::small(answers(indicator)), Text::small(format!("{about}; {when}"))];
    let reckoned = &rules.framework().child;
    let is = |named: &Option<String>| named.as_ref() == Some(&indicator.id);
    if is(&reckoned.age_in_months) {
        lines.push(Text::small("Reckoned from the date of birth, where that is given"));
    } else if is(&reckoned.unborn) || is(&reckoned.gestation_in_weeks) {
        lines.push(Text::small("Follows from the date that a baby is due, where that is given"));
    }
    if !indicator.would_know.is_empty() {
        let names: Vec<String> = indicator.would_know.iter().map(|id| agency(rules, id)).collect();
        lines.push(Text::small(format!("Would know: {}", names.join("; "))));
    }
    if rules.is_presumed(fact) {
        let greatest = rules.greatest(fact);
        let answer = indicator.in_words(greatest, greatest);
        lines.push(Text::small(format!("Taken as “{answer}” until it is answered")));
    }
    lines.extend(
        indicator.retired.as_ref().map(|retired| {
            Text::small(format!("No longer asked; accepted until {}: {}", retired.until, retired.because))
        }),
    );
    lines
}

/// What may be answered.
fn answers(indicator: &Indicator) -> String {
    if let Kind::Number { unit, from, to, never, .. } = &indicator.kind {
        let never = if *never { ", or never" } else { "" };
        return format!("Answer: a number from {from} to {to} {}{never}", unit.after(*to)).replace(" ,", ",");
    }
    let labels: Vec<&str> = indicator.classes.iter().map(|class| class.label.as_str()).collect();
    format!("Answers: {}", labels.join("; "))
}

/// A kind of agency by its name.
pub(super) fn agency(rules: &RuleSet, id: &str) -> String {
    let found = rules.framework().agencies.iter().find(|agency| agency.id == id);
    found.map_or_else(|| capital(&spaced(id)), |agency| agency.name.clone())
}

/// Links to rules by their names, after some words; nothing where there are none.
fn linked<'i>(text: Text, ids: impl Iterator<Item = &'i str>) -> Option<Text> {
    let links: Vec<(String, String)> = ids.map(|id| (named(id), id.to_owned())).collect();
    (!links.is_empty()).then(|| text.and_links(links))
}

/// The facts that a condition reads itself, scripts' among them, and not through a criterion that it names.
fn itself(rules: &RuleSet, condition: &Condition) -> FactSet {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().fold(FactSet::EMPTY, |set, part| set.or(&itself(rules, part)))
        }
        Condition::Test { .. } | Condition::Stated { .. } | Condition::Table(_) => condition.reads(rules),
        Condition::Holds(_) | Condition::Need(_) => FactSet::EMPTY,
    }
}

/// The needs that a condition looks at.
fn needs_in(condition: &Condition) -> Vec<&Need> {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(needs_in).collect(),
        Condition::Need(need) => vec![need],
        _ => Vec::new(),
    }
}

/// Whether a fact's own need is among those that are looked at.
fn looks_at(rules: &RuleSet, need: &Need, fact: FactIndex) -> bool {
    let indicator = &rules.indicators[fact];
    let gives = |contribution: Contribution| match contribution {
        Contribution::Floor(rank) => rank >= need.at,
        Contribution::Duty(rank) | Contribution::Counts { rank, .. } => !need.harm && rank >= need.at,
        Contribution::Nothing => false,
    };
    need.among.contains(indicator.need) && indicator.classes.iter().any(|class| gives(class.gives.contribution))
}

/// Whether a threshold counts what some answer gives.
fn counts(rules: &RuleSet, threshold: &Threshold, indicator: &Indicator) -> bool {
    let is_left_out = |contribution: Contribution| {
        matches!(contribution, Contribution::Counts { hardship: true, .. }) && rules.leaves_out_hardship(threshold)
    };
    let given = indicator.classes.iter().map(|class| class.gives.contribution).filter(|given| !is_left_out(*given));
    let highest = given.map(Contribution::rank).max().unwrap_or(0);
    highest > 0 && threshold.needs.iter().any(|part| highest >= part.at)
}
