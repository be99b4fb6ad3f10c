//! The journey: which steps there are, in which order, and what each asks, all from the rule set and what was entered.
//!
//! The account comes first, then the questions that are always asked, then which topics are of concern, then only what
//! those topics and the answers open. A question that was answered is asked again for as long as its answer stands, so
//! that no answer counts that cannot be seen and changed.

use jiff::Timestamp;

use super::call::read_back;
use super::fields::{Field, wrong};
use super::questions::{
    account, answer_field, caller, family, household, identity, level, referrer, spoken_field, strengths, topics,
};
use super::request::told_by_family;
use super::{Draft, Who};
use crate::criteria::RuleSet;
use crate::criteria::entries::About;
use crate::facts::{FactIndex, FactSet, Facts};
use crate::level::{Considered, is_ruled_out};

/// How many questions that are always asked stand on one page.
const TOGETHER: usize = 6;

/// Who fills it in, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journey<'o> {
    /// A referral; from one's own organisation alone, where one acts for no other.
    Referral(Option<&'o str>),
    /// A look at what the criteria say, naming nobody and storing nothing.
    Check,
}

/// One page of questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Who sends the referral.
    Referrer,
    /// Which children it is about.
    Children,
    /// Who one child is.
    Child(String),
    /// Where they live, and with whom.
    Household,
    /// What happened, in words.
    Account,
    /// Questions that are always asked: of whom, and which page of them.
    First(Who, usize),
    /// Which topics are of concern, for one child.
    Topics(String),
    /// The questions of a topic.
    About(Who, usize),
    /// One question alone.
    Alone(Who, FactIndex),
    /// What helps.
    Strengths,
    /// Whether the family knows and agrees, and on what basis this is shared.
    Family,
    /// The referrer's own view.
    Level,
    /// What a caller says when it is read back.
    ReadBack,
}

/// A part of the task list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Who sends it.
    Referrer,
    /// The children and the household.
    Children,
    /// In words.
    Account,
    /// What is always asked.
    First,
    /// Topics of concern.
    Topics,
    /// What they open.
    Opened,
    /// What helps.
    Strengths,
    /// The family.
    Family,
    /// The referrer's view.
    Level,
    /// Reading it back.
    ReadBack,
}

impl Section {
    /// What the task list calls it; of a call, in other words.
    pub fn title(self, is_call: bool) -> &'static str {
        match self {
            Self::Referrer if is_call => "Who is calling",
            Self::Account if is_call => "What happened, in the caller's words",
            Self::Topics if is_call => "What the caller is worried about",
            Self::Level if is_call => "The caller's own view of the level",
            Self::Referrer => "Who is referring",
            Self::Children => "The children and the household",
            Self::Account => "What happened, in your own words",
            Self::First => "Questions that are always asked",
            Self::Topics => "What you are worried about",
            Self::Opened => "More about those worries",
            Self::Strengths => "What helps, and what has been tried",
            Self::Family => "The family's knowledge and agreement",
            Self::Level => "Your own view of the level",
            Self::ReadBack => "Reading it back to the caller",
        }
    }
}

impl Step {
    /// Its name in an address; no fact about a child stands in one.
    pub fn id(&self) -> String {
        let who = |who: &Who| match who {
            Who::Household => "household".to_owned(),
            Who::Child(reference) => reference.clone(),
        };
        match self {
            Self::Referrer => "referrer".into(),
            Self::Children => "children".into(),
            Self::Child(reference) => format!("child.{reference}"),
            Self::Household => "household".into(),
            Self::Account => "account".into(),
            Self::First(of, page) => format!("first.{}.{page}", who(of)),
            Self::Topics(reference) => format!("topics.{reference}"),
            Self::About(of, topic) => format!("about.{}.{topic}", who(of)),
            Self::Alone(of, fact) => format!("question.{}.{fact}", who(of)),
            Self::Strengths => "strengths".into(),
            Self::Family => "family".into(),
            Self::Level => "level".into(),
            Self::ReadBack => "read_back".into(),
        }
    }

    /// The part of the task list that it belongs to.
    pub fn section(&self, rules: &RuleSet) -> Section {
        match self {
            Self::Referrer => Section::Referrer,
            Self::Children | Self::Child(_) | Self::Household => Section::Children,
            Self::Account => Section::Account,
            Self::First(..) => Section::First,
            Self::Alone(_, fact) if rules.is_always_asked(*fact) => Section::First,
            Self::Topics(_) => Section::Topics,
            Self::About(..) | Self::Alone(..) => Section::Opened,
            Self::Strengths => Section::Strengths,
            Self::Family => Section::Family,
            Self::Level => Section::Level,
            Self::ReadBack => Section::ReadBack,
        }
    }
}

impl RuleSet {
    /// Whether a fact is asked in every referral: core, or never assumed.
    pub fn is_always_asked(&self, fact: FactIndex) -> bool {
        self.index.core.contains(fact) || self.index.circumstances.contains(fact)
    }
}

/// Whether who the child is answers this: asked as a date or an age, never as a question.
fn is_told_by_identity(rules: &RuleSet, fact: FactIndex) -> bool {
    let named = &rules.framework().child;
    let id = &rules.indicators()[fact].id;
    [&named.age_in_months, &named.unborn].into_iter().any(|told| told.as_ref() == Some(id))
}

/// The facts that are asked now: of the household once, and of each child.
struct Asked {
    household: FactSet,
    children: Vec<FactSet>,
}

impl Draft {
    /// Every step there is now, in order.
    pub fn steps(&self, rules: &RuleSet, journey: Journey<'_>, now: Timestamp) -> Vec<Step> {
        let asked = self.asked(rules, journey, now);
        let children = || self.children.iter().map(|child| &child.reference);
        let mut steps = Vec::new();
        let of = || {
            let children = children().cloned().map(Who::Child).zip(&asked.children);
            std::iter::once((Who::Household, &asked.household)).chain(children)
        };
        let first = |among: &mut dyn Iterator<Item = (Who, &FactSet)>| {
            let mut first = Vec::new();
            among.for_each(|(who, facts)| first_pages(rules, &who, facts, &mut first));
            first
        };
        if self.call.is_some() {
            // A line may go dead: whom to ring back, then danger, then who the children are.
            steps.push(Step::Referrer);
            steps.extend(by_urgency(rules, first(&mut of().take(2))));
            steps.push(Step::Children);
            steps.extend(children().map(|child| Step::Child(child.clone())));
            steps.extend(by_urgency(rules, first(&mut of().skip(2))));
            steps.extend([Step::Household, Step::Account]);
        } else {
            if let Journey::Referral(_) = journey {
                steps.extend([Step::Referrer, Step::Children]);
            }
            steps.extend(children().map(|child| Step::Child(child.clone())));
            if let Journey::Referral(_) = journey {
                steps.extend([Step::Household, Step::Account]);
            }
            steps.extend(first(&mut of()));
        }
        steps.extend(children().map(|child| Step::Topics(child.clone())));
        for (who, facts) in of() {
            for topic in 0..rules.topics().len() {
                let opened: Vec<FactIndex> = facts
                    .iter()
                    .filter(|fact| rules.indicators()[*fact].topic == topic && !rules.is_always_asked(*fact))
                    .collect();
                if rules.topics()[topic].sensitive {
                    steps.extend(opened.into_iter().map(|fact| Step::Alone(who.clone(), fact)));
                } else if !opened.is_empty() {
                    steps.push(Step::About(who.clone(), topic));
                }
            }
        }
        steps.push(Step::Strengths);
        if let Journey::Referral(_) = journey {
            steps.push(Step::Family);
            steps.extend(self.asks_level(rules).then_some(Step::Level));
            steps.extend(self.call.is_some().then_some(Step::ReadBack));
        }
        steps
    }

    /// Whether whoever refers is asked for a level of need: nobody asks a neighbour on the telephone.
    pub fn asks_level(&self, rules: &RuleSet) -> bool {
        self.call.is_none() || !rules.framework().is_public(self.one("referrer.agency"))
    }

    /// What a step asks now.
    pub fn fields(&self, rules: &RuleSet, journey: Journey<'_>, step: &Step, now: Timestamp) -> Vec<Field> {
        let answer_field = if self.call.is_some() { spoken_field } else { answer_field };
        let ask = |who: &Who, keep: &dyn Fn(FactIndex) -> bool| -> Vec<Field> {
            let asked = self.asked(rules, journey, now);
            let facts = asked.of(self, who);
            facts.iter().filter(|fact| keep(*fact)).map(|fact| answer_field(rules, who, fact)).collect()
        };
        match step {
            Step::Referrer if self.call.is_some() => caller(rules, journey),
            Step::Referrer => referrer(rules, journey, rules.framework().calendar.london(now).date()),
            Step::Children => Vec::new(),
            Step::Child(reference) => {
                let received = self.received_at(rules).unwrap_or(now).min(now);
                let today = rules.framework().calendar.london(received).date();
                self.child(reference).map(|child| identity(child, rules, journey, today)).unwrap_or_default()
            }
            Step::Household => household(),
            Step::Account => account(self.call.is_some()),
            Step::First(who, page) => {
                let asked = self.asked(rules, journey, now);
                let facts = page_of(rules, who, *page).into_iter().filter(|fact| asked.of(self, who).contains(*fact));
                facts.map(|fact| answer_field(rules, who, fact)).collect()
            }
            Step::Topics(reference) => vec![topics(self, rules, reference)],
            Step::About(who, topic) => {
                ask(who, &|fact| rules.indicators()[fact].topic == *topic && !rules.is_always_asked(fact))
            }
            Step::Alone(who, fact) => ask(who, &|other| other == *fact),
            Step::Strengths => strengths(self, rules, journey),
            Step::Family => family(),
            Step::Level => vec![level(rules)],
            Step::ReadBack => read_back(),
        }
    }

    /// What is wrong with what was entered in a step, and whether it was saved at all.
    pub fn is_done(&self, rules: &RuleSet, journey: Journey<'_>, step: &Step, now: Timestamp) -> bool {
        if *step == Step::Children {
            return !self.children.is_empty();
        }
        // Other rules may ask other questions under the same name.
        let is_of_rules = matches!(step, Step::About(..) | Step::Alone(..));
        let is_saved = self.saved(step).is_some_and(|saved| !is_of_rules || saved.rule_set == rules.id().digest);
        let fields = self.fields(rules, journey, step, now);
        is_saved && wrong(&fields, &self.entered_in(&fields)).is_empty()
    }

    fn asked(&self, rules: &RuleSet, journey: Journey<'_>, now: Timestamp) -> Asked {
        let facts = self.facts(rules, now);
        let mut household = FactSet::EMPTY;
        let mut children = Vec::new();
        for (child, facts) in self.children.iter().zip(&facts) {
            let (mut own, mut shared) = (FactSet::EMPTY, FactSet::EMPTY);
            for fact in asked_of(rules, facts).iter() {
                let indicator = &rules.indicators()[fact];
                // A referral asks it of everybody, near its end.
                let is_asked_later = journey != Journey::Check && told_by_family(&indicator.id).is_some();
                match indicator.about {
                    _ if is_asked_later => {}
                    About::Child => own.insert(fact),
                    About::Household | About::Referral => shared.insert(fact),
                }
            }
            // Reckoned from the date the baby is due.
            let weeks = rules.framework().child.gestation_in_weeks.as_deref().and_then(|id| rules.fact(id));
            let is_told = |fact: &FactIndex| {
                let is_due = !self.all(&format!("child.{}.due", child.reference)).is_empty();
                is_due
                    && facts.known(*fact).is_some()
                    && self.all(&Who::Child(child.reference.clone()).fact(&rules.indicators()[*fact].id)).is_empty()
            };
            weeks.filter(is_told).into_iter().for_each(|fact| own.remove(fact));
            household = household.or(&shared);
            children.push(own);
        }
        Asked { household, children }
    }
}

impl Asked {
    fn of<'a>(&'a self, draft: &Draft, who: &Who) -> &'a FactSet {
        match who {
            Who::Household => &self.household,
            Who::Child(reference) => {
                let place = draft.children.iter().position(|child| child.reference == *reference);
                place.and_then(|place| self.children.get(place)).unwrap_or(&self.household)
            }
        }
    }
}

/// What is asked about one child: what is considered, but for what who the child is tells, what is ticked as a
/// strength, and what another answer rules out.
fn asked_of(rules: &RuleSet, facts: &Facts) -> FactSet {
    let considered = Considered::of(rules, facts).facts;
    let index = &rules.index;
    let mut asked = considered.without(&index.protective).without(&index.retired.without(&facts.spoken_of()));
    for fact in considered.iter() {
        let spoken_of = facts.spoken_of().contains(fact);
        if is_told_by_identity(rules, fact) || (!spoken_of && is_ruled_out(rules, facts, fact)) {
            asked.remove(fact);
        }
    }
    asked
}

/// The questions that are always asked, page by page: those of a sensitive topic each on its own.
fn first_pages(rules: &RuleSet, who: &Who, asked: &FactSet, steps: &mut Vec<Step>) {
    for (page, facts) in pages(rules, who).iter().enumerate() {
        if facts.iter().any(|fact| asked.contains(*fact)) {
            steps.push(Step::First(who.clone(), page + 1));
        }
    }
    let alone = asked.iter().filter(|fact| rules.is_always_asked(*fact) && is_sensitive(rules, *fact));
    steps.extend(alone.map(|fact| Step::Alone(who.clone(), fact)));
}

/// The first pages in the order of urgency, as the rules list what they ask, those of a sensitive topic last.
fn by_urgency(rules: &RuleSet, mut pages: Vec<Step>) -> Vec<Step> {
    pages.sort_by_key(|step| match step {
        Step::First(who, page) => (false, page_of(rules, who, *page).first().copied()),
        Step::Alone(_, fact) => (true, Some(*fact)),
        _ => (true, None),
    });
    pages
}

/// Every question that is always asked and not sensitive, asked now or not, so that a page keeps its number.
fn pages(rules: &RuleSet, who: &Who) -> Vec<Vec<FactIndex>> {
    let is_theirs = |fact: &FactIndex| (rules.indicators()[*fact].about == About::Child) == (*who != Who::Household);
    let always = (0..rules.indicators().len()).filter(is_theirs).filter(|fact| {
        rules.is_always_asked(*fact) && !is_sensitive(rules, *fact) && !is_told_by_identity(rules, *fact)
    });
    let mut always: Vec<FactIndex> = always.collect();
    // Danger first; what the child is able to do after it.
    always.sort_by_key(|fact| (!rules.is_core(*fact), *fact));
    always.chunks(TOGETHER).map(<[_]>::to_vec).collect()
}

fn page_of(rules: &RuleSet, who: &Who, page: usize) -> Vec<FactIndex> {
    page.checked_sub(1).and_then(|page| pages(rules, who).into_iter().nth(page)).unwrap_or_default()
}

fn is_sensitive(rules: &RuleSet, fact: FactIndex) -> bool {
    rules.topics()[rules.indicators()[fact].topic].sensitive
}
