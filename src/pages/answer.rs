//! The answer for one child, in words: the same for a recorded referral and for a check that names nobody.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::came_from::rests;
use super::fields::capital;
use super::look::said;
use super::picture::windscreen;
use crate::criteria::RuleSet;
use crate::ladder::{LevelOfNeed, Priority, Rank, Within};
use crate::level::ReasonGives;
use crate::referral::provenance::RestsOn;

/// What is read of an evaluation, as it was recorded.
#[derive(Debug, Deserialize)]
struct Evaluated {
    settled: bool,
    at_least: LevelOfNeed,
    at_most: Named,
    priority: Priority,
    respond_by: Option<String>,
    reasons: Vec<Reason>,
    thresholds: Vec<Threshold>,
    sufficient_reason: Vec<String>,
    #[serde(default)]
    enough: Vec<Enough>,
    why_not_higher: Vec<WhyNot>,
    would_change: Vec<WouldChange>,
    ask_next: Vec<Ask>,
    ask_next_total: usize,
    considerations: Vec<Says>,
    actions: Vec<Action>,
    presumed: Vec<FactAnswer>,
    not_raised: usize,
    protective: Vec<Says>,
    conflicts: Vec<Conflict>,
    retired: Vec<Retired>,
    faults: Vec<Says>,
    say: Vec<String>,
    rule_set: RuleSetNamed,
    engine: String,
}

#[derive(Debug, Deserialize)]
struct Named {
    rank: Rank,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Says {
    says: String,
}

#[derive(Debug, Deserialize)]
struct Reason {
    id: String,
    says: String,
    gives: ReasonGives,
    facts: Vec<FactAnswer>,
    source: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct FactAnswer {
    id: String,
    answer: Value,
}

#[derive(Debug, Deserialize)]
struct Threshold {
    says: String,
    reaches: Rank,
    reached: bool,
    have: usize,
    of: usize,
}

#[derive(Debug, Deserialize)]
struct WhyNot {
    says: String,
    would_reach: Rank,
    stopped_by: Vec<Stopped>,
}

/// How far an answer may differ and still be enough; older records do not tell.
#[derive(Debug, Deserialize)]
struct Enough {
    fact: String,
    says: String,
}

#[derive(Debug, Deserialize)]
struct WouldChange {
    now: Value,
    /// Older records do not tell.
    #[serde(default)]
    says: String,
}

#[derive(Debug, Deserialize)]
struct Stopped {
    fact: String,
    answer: Value,
}

#[derive(Debug, Deserialize)]
struct Ask {
    fact: String,
    ask: String,
    could_reach: Rank,
    could_lower_to: Option<Rank>,
    would_know: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Action {
    says: String,
    within: Option<Within>,
    due: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Conflict {
    fact: String,
    says: String,
    used: Value,
    also_said: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Retired {
    fact: String,
    because: String,
}

#[derive(Debug, Deserialize)]
struct RuleSetNamed {
    framework: String,
    version: String,
    digest: String,
    status: String,
}

/// An answer as a page shows it.
#[derive(Debug, Serialize)]
pub(super) struct AnswerShown {
    settled: bool,
    heading: String,
    also: String,
    colour: &'static str,
    means: String,
    respond_by: Option<String>,
    picture: String,
    lead: String,
    assessment: String,
    consent: String,
    legal_basis: Option<String>,
    next_steps: Vec<String>,
    actions: Vec<(String, Option<String>)>,
    deciding: Vec<ReasonShown>,
    other: Vec<ReasonShown>,
    thresholds: Vec<String>,
    sufficient: Vec<String>,
    why_not: Vec<(String, String)>,
    otherwise: Vec<String>,
    asks: Vec<AskShown>,
    more_asks: usize,
    considerations: Vec<String>,
    presumed: Vec<(String, String)>,
    protective: Vec<String>,
    conflicts: Vec<String>,
    retired: Vec<String>,
    faults: Vec<String>,
    not_raised: usize,
    say: Vec<String>,
    rule_set: String,
    digest: String,
    engine: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct ReasonShown {
    #[serde(skip)]
    id: String,
    says: String,
    gives: String,
    facts: Vec<(String, String)>,
    source: String,
    /// That it rests only on words that are thin.
    rests: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct AskShown {
    key: String,
    ask: String,
    effect: String,
    who: String,
}

/// An evaluation as a page shows it; none when it cannot be read. `child` is its number on the page: what a sender
/// calls it may hold anything.
pub(super) fn shown(rules: &RuleSet, evaluation: &str, child: usize) -> Option<AnswerShown> {
    let one: Evaluated = serde_json::from_str(evaluation).ok()?;
    let least = one.at_least.rank;
    let mut deciding = Vec::new();
    let mut other = Vec::new();
    for reason in &one.reasons {
        let is_deciding = [reason.gives.floor, reason.gives.duty].into_iter().flatten().max() == Some(least)
            || reason.gives.counts.is_some_and(|rank| rank >= least.min(3) && least > 1);
        if is_deciding { &mut deciding } else { &mut other }.push(reason_shown(rules, reason));
    }
    let counted = |threshold: &Threshold| {
        format!("{} {} found, {} needed.", sentence(&threshold.says), threshold.have, threshold.of)
    };
    let reached = one.thresholds.iter().filter(|threshold| threshold.reached && threshold.reaches == least);
    let short_of = one.thresholds.iter().filter(|threshold| !threshold.reached && threshold.reaches > least);
    let short_of =
        short_of.map(|threshold| (format!("Level {}: {}", threshold.reaches, counted(threshold)), String::new()));
    let why_not: Vec<_> = one.why_not_higher.iter().map(|why| why_not(rules, why)).chain(short_of).collect();
    let heading = format!("Level {least}: {}", one.at_least.name);
    let (heading, also) = if one.settled {
        let unless = one.ask_next.iter().any(|ask| ask.could_lower_to.is_some());
        let unless = if unless { ", unless what is taken as so turns out not to be" } else { "" };
        (heading, format!("More information would not change this level{unless}."))
    } else {
        let most = format!("Could be level {}: {}.", one.at_most.rank, one.at_most.name);
        (format!("At least level {least}: {}", one.at_least.name), most)
    };
    let mut answer = AnswerShown {
        settled: one.settled,
        heading,
        also,
        colour: colour(rules, &one),
        means: sentence(&one.at_least.means),
        respond_by: one.respond_by.as_deref().map(aloud),
        picture: windscreen(rules.ladder(), least, one.at_most.rank, &format!("windscreen-{child}")),
        lead: one.at_least.lead.clone(),
        assessment: one.at_least.assessment.clone(),
        consent: one.at_least.consent.clone(),
        legal_basis: one.at_least.legal_basis.clone(),
        next_steps: one.at_least.next_steps.clone(),
        actions: one.actions.iter().map(|todo| (sentence(&todo.says), when(todo))).collect(),
        deciding,
        other,
        thresholds: reached.map(counted).collect(),
        sufficient: sufficient(rules, &one),
        why_not,
        otherwise: otherwise(&one),
        asks: one.ask_next.iter().map(|ask| ask_shown(rules, ask, child)).collect(),
        more_asks: one.ask_next_total.saturating_sub(one.ask_next.len()),
        considerations: one.considerations.iter().map(|one| sentence(&one.says)).collect(),
        presumed: one
            .presumed
            .iter()
            .map(|one| (question(rules, &one.id), answered(rules, &one.id, &one.answer)))
            .collect(),
        protective: one.protective.iter().map(|one| one.says.clone()).collect(),
        conflicts: one.conflicts.iter().map(|one| conflict(rules, one)).collect(),
        retired: one
            .retired
            .iter()
            .map(|one| format!("{} {}", question(rules, &one.fact), sentence(&one.because)))
            .collect(),
        faults: one.faults.iter().map(|one| sentence(&capital(&one.says))).collect(),
        not_raised: one.not_raised,
        say: one.say.clone(),
        rule_set: format!("{} {} ({})", one.rule_set.framework, one.rule_set.version, one.rule_set.status),
        digest: one.rule_set.digest.clone(),
        engine: one.engine.clone(),
        text: String::new(),
    };
    answer.text = plain(&answer);
    Some(answer)
}

/// By when something is to be done: what is to be done at once is not a time that has passed.
fn when(todo: &Action) -> Option<String> {
    match (todo.within, &todo.due) {
        (Some(Within::AtOnce), _) => Some("Now.".to_owned()),
        (_, due) => due.as_deref().map(|due| format!("By {}.", aloud(due))),
    }
}

/// Never a reassuring colour while protection is possible, whatever the rules say of urgency.
fn colour(rules: &RuleSet, one: &Evaluated) -> &'static str {
    let possible = rules.ladder().protection_from().is_some_and(|rank| one.at_most.rank >= rank);
    match one.priority {
        Priority::Red => "red",
        Priority::Amber => "amber",
        Priority::Green | Priority::Blue if possible => "amber",
        Priority::Green => "green",
        Priority::Blue => "blue",
    }
}

/// The facts that are enough alone, and how far they may be answered otherwise; said only where more was found than
/// they are.
fn sufficient(rules: &RuleSet, one: &Evaluated) -> Vec<String> {
    let answers = || one.reasons.iter().flat_map(|reason| &reason.facts);
    if answers().all(|fact| one.sufficient_reason.contains(&fact.id)) {
        return Vec::new();
    }
    let says = |id: &String| {
        let enough = one.enough.iter().find(|enough| enough.fact == *id).map(|enough| capital(&enough.says));
        let given = || answers().find(|fact| fact.id == *id).map(|fact| answered(rules, id, &fact.answer));
        let answer = enough.or_else(given).map(|answer| sentence(&answer));
        format!("{} {}", question(rules, id), answer.unwrap_or_default()).trim_end().to_owned()
    };
    one.sufficient_reason.iter().map(says).collect()
}

/// What would change the level, had something that is known been otherwise; what is not known is asked.
fn otherwise(one: &Evaluated) -> Vec<String> {
    let known = one.would_change.iter().filter(|change| change.now != "not_known" && !change.says.is_empty());
    known.map(|change| change.says.clone()).collect()
}

fn reason_shown(rules: &RuleSet, reason: &Reason) -> ReasonShown {
    let facts = reason.facts.iter().map(|fact| (question(rules, &fact.id), answered(rules, &fact.id, &fact.answer)));
    let sources = &rules.framework().sources;
    let source = reason.source.iter().map(|id| sources.get(id).map_or(id.as_str(), String::as_str));
    ReasonShown {
        id: reason.id.clone(),
        rests: None,
        says: sentence(&reason.says),
        gives: capital(&reason.gives.to_string()),
        // A finding of one indicator says its question and answer itself.
        facts: facts.filter(|(ask, _)| !reason.says.contains(ask.as_str())).collect(),
        source: source.collect::<Vec<_>>().join("; "),
    }
}

fn why_not(rules: &RuleSet, why: &WhyNot) -> (String, String) {
    let stops: Vec<String> = why
        .stopped_by
        .iter()
        .map(|stop| format!("{} {}", question(rules, &stop.fact), answered(rules, &stop.fact, &stop.answer)))
        .collect();
    let because = if stops.is_empty() { "not enough needs are found".to_owned() } else { stops.join("; ") };
    (format!("Level {}: {}", why.would_reach, sentence(&why.says)), sentence(&because))
}

fn ask_shown(rules: &RuleSet, ask: &Ask, child: usize) -> AskShown {
    let effect = match ask.could_lower_to {
        Some(lower) => format!("could lower the answer to level {lower}"),
        None => format!("could reach level {}", ask.could_reach),
    };
    let is_about_child = rules
        .fact(&ask.fact)
        .is_some_and(|fact| rules.indicators()[fact].about == crate::criteria::entries::About::Child);
    let who = if is_about_child { format!("child.{child}") } else { "household".to_owned() };
    AskShown {
        key: format!("{who}.fact.{}", ask.fact),
        ask: ask.ask.clone(),
        effect,
        who: who_knows(rules, &ask.would_know),
    }
}

/// Who would know, by the names of their agencies.
pub(super) fn who_knows(rules: &RuleSet, agencies: &[String]) -> String {
    let names = agencies.iter().map(|id| {
        let agency = rules.framework().agencies.iter().find(|agency| agency.id == *id);
        // What stands in brackets after a name is for whoever writes rules.
        let plain = |name: &str| name.split(" (").next().unwrap_or(name).to_owned();
        agency.map_or_else(|| id.replace('_', " "), |agency| plain(&agency.name))
    });
    names.collect::<Vec<_>>().join("; ")
}

fn conflict(rules: &RuleSet, one: &Conflict) -> String {
    let used = answered(rules, &one.fact, &one.used);
    let other = one.also_said.as_ref().map(|other| format!("; also said: {}", answered(rules, &one.fact, other)));
    format!(
        "{} {} Used: {used}{}.",
        question(rules, &one.fact),
        sentence(&capital(&one.says)),
        other.unwrap_or_default()
    )
}

pub(super) fn question(rules: &RuleSet, fact: &str) -> String {
    rules.question(fact)
}

/// An answer as the form words it.
pub(super) fn answered(rules: &RuleSet, fact: &str, answer: &Value) -> String {
    serde_json::from_value(answer.clone()).map_or_else(|_| answer.to_string(), |answer| rules.in_words(fact, &answer))
}

impl AnswerShown {
    /// Says beside each reason that rests only on anonymous or third-hand words that it does. It counts like any other.
    pub fn resting(mut self, thin: &[(String, RestsOn)]) -> Self {
        for reason in self.deciding.iter_mut().chain(&mut self.other) {
            reason.rests = thin.iter().find(|(id, _)| *id == reason.id).map(|(_, on)| rests(*on));
        }
        self.text = plain(&self);
        self
    }

    /// Of whom it is, in the text to paste.
    pub fn about(&mut self, reference: &str, name: &str) {
        self.text = format!("Referral {reference}: {name}\n{}", self.text);
    }

    /// The level in a line.
    pub fn in_short(&self) -> String {
        if self.settled { self.heading.clone() } else { format!("{}. {}", self.heading, self.also) }
    }

    /// The same of a check, which nobody has received: no clock runs.
    pub fn of_a_check(mut self) -> Self {
        self.respond_by = None;
        self.text = format!("A check without a name. This is not a referral: nobody has seen it.\n{}", plain(&self));
        self
    }
}

/// What can be pasted into a case system: plain lines, in the order of the page.
fn plain(answer: &AnswerShown) -> String {
    let mut lines = vec![format!("{}. {}", answer.heading, answer.also)];
    lines.push(format!("Urgency: {}.", answer.colour));
    lines.extend(answer.respond_by.as_ref().map(|by| format!("Decide the response by {by}.")));
    let mut list = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.push(format!("{title}:"));
            lines.extend(items.into_iter().map(|item| format!("- {item}")));
        }
    };
    let due = |(says, due): &(String, Option<String>)| match due {
        Some(due) => format!("{says} {due}"),
        None => says.clone(),
    };
    list("Do", answer.actions.iter().map(due).collect());
    let rests = |reason: &ReasonShown| reason.rests.map(|rests| format!(" {rests}")).unwrap_or_default();
    let why = |reason: &ReasonShown| format!("{} ({}){}", reason.says, reason.gives, rests(reason));
    list("Why", answer.deciding.iter().map(why).collect());
    let also = |reason: &ReasonShown| format!("{}{}", reason.says, rests(reason));
    list("Also found", answer.other.iter().map(also).collect());
    list("Not known", answer.asks.iter().map(|ask| format!("{} ({})", ask.ask, ask.effect)).collect());
    list("A manager answers", answer.considerations.clone());
    list("Accounts that disagree", answer.conflicts.clone());
    list("What helps", answer.protective.clone());
    lines.extend(answer.say.iter().cloned());
    lines.push(format!("Criteria: {}, {}", answer.rule_set, answer.digest));
    lines.join("\n")
}

fn aloud(time: &str) -> String {
    time.parse().map_or_else(|_| time.to_owned(), said)
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '?', '!']) { text.to_owned() } else { format!("{text}.") }
}
