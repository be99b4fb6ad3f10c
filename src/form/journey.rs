//! The journey: which steps there are, in which order, and what each asks, all from the rule set and what was entered.
//!
//! The account comes first, then the questions that are always asked, then which topics are of concern, then only what
//! those topics and the answers open. A question that was answered is asked again for as long as its answer stands, so
//! that no answer counts that cannot be seen and changed.

use jiff::Timestamp;

use super::fields::{Asks, Choice, Field, Line};
use super::{Draft, Who};
use crate::criteria::entries::{About, Unit};
use crate::criteria::{Indicator, Kind, RuleSet};
use crate::facts::{Answer, FactIndex, FactSet, Facts};
use crate::level::{Considered, is_ruled_out};

/// How many questions that are always asked stand on one page.
const TOGETHER: usize = 6;
/// An account, and a child's own words: as much as the record keeps of all parts of an account together.
const MAX_ACCOUNT: usize = 4_500;

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
}

impl Section {
    /// What the task list calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Referrer => "Who is referring",
            Self::Children => "The children",
            Self::Account => "What happened, in your own words",
            Self::First => "Questions that are always asked",
            Self::Topics => "What you are worried about",
            Self::Opened => "More about those worries",
            Self::Strengths => "What helps, and what has been tried",
            Self::Family => "The family's knowledge and agreement",
            Self::Level => "Your own view of the level",
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
            Self::Account => "account".into(),
            Self::First(of, page) => format!("first.{}.{page}", who(of)),
            Self::Topics(reference) => format!("topics.{reference}"),
            Self::About(of, topic) => format!("about.{}.{topic}", who(of)),
            Self::Alone(of, fact) => format!("question.{}.{fact}", who(of)),
            Self::Strengths => "strengths".into(),
            Self::Family => "family".into(),
            Self::Level => "level".into(),
        }
    }

    /// The part of the task list that it belongs to.
    pub fn section(&self, rules: &RuleSet) -> Section {
        match self {
            Self::Referrer => Section::Referrer,
            Self::Children | Self::Child(_) => Section::Children,
            Self::Account => Section::Account,
            Self::First(..) => Section::First,
            Self::Alone(_, fact) if rules.is_always_asked(*fact) => Section::First,
            Self::Topics(_) => Section::Topics,
            Self::About(..) | Self::Alone(..) => Section::Opened,
            Self::Strengths => Section::Strengths,
            Self::Family => Section::Family,
            Self::Level => Section::Level,
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
        let asked = self.asked(rules, now);
        let children = || self.children.iter().map(|child| &child.reference);
        let mut steps = Vec::new();
        if let Journey::Referral(_) = journey {
            steps.extend([Step::Referrer, Step::Children]);
        }
        steps.extend(children().map(|child| Step::Child(child.clone())));
        if let Journey::Referral(_) = journey {
            steps.push(Step::Account);
        }
        let of = || {
            let children = children().cloned().map(Who::Child).zip(&asked.children);
            std::iter::once((Who::Household, &asked.household)).chain(children)
        };
        for (who, facts) in of() {
            first_pages(rules, &who, facts, &mut steps);
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
            steps.extend([Step::Family, Step::Level]);
        }
        steps
    }

    /// What a step asks now.
    pub fn fields(&self, rules: &RuleSet, journey: Journey<'_>, step: &Step, now: Timestamp) -> Vec<Field> {
        let ask = |who: &Who, keep: &dyn Fn(FactIndex) -> bool| -> Vec<Field> {
            let asked = self.asked(rules, now);
            let facts = asked.of(self, who);
            facts.iter().filter(|fact| keep(*fact)).map(|fact| answer_field(rules, who, fact)).collect()
        };
        match step {
            Step::Referrer => referrer(rules, journey),
            Step::Children => Vec::new(),
            Step::Child(reference) => self.child(reference).map(|child| identity(child, journey)).unwrap_or_default(),
            Step::Account => account(),
            Step::First(who, page) => {
                let on_page = page_of(rules, who, *page);
                ask(who, &|fact| on_page.contains(&fact))
            }
            Step::Topics(reference) => vec![topics(self, rules, reference)],
            Step::About(who, topic) => {
                ask(who, &|fact| rules.indicators()[fact].topic == *topic && !rules.is_always_asked(fact))
            }
            Step::Alone(who, fact) => ask(who, &|other| other == *fact),
            Step::Strengths => strengths(self, rules, journey),
            Step::Family => family(),
            Step::Level => vec![level(rules)],
        }
    }

    /// What is wrong with what was entered in a step, and whether it was saved at all.
    pub fn is_done(&self, rules: &RuleSet, journey: Journey<'_>, step: &Step, now: Timestamp) -> bool {
        if *step == Step::Children {
            return !self.children.is_empty();
        }
        let fields = self.fields(rules, journey, step, now);
        self.saved(step).is_some() && fields.iter().all(|field| field.wrong(self.all(&field.key)).is_none())
    }

    fn asked(&self, rules: &RuleSet, now: Timestamp) -> Asked {
        let facts = self.facts(rules, now);
        let mut household = FactSet::EMPTY;
        let mut children = Vec::new();
        for (child, facts) in self.children.iter().zip(&facts) {
            let (mut own, mut shared) = (FactSet::EMPTY, FactSet::EMPTY);
            for fact in asked_of(rules, facts).iter() {
                match rules.indicators()[fact].about {
                    About::Child => own.insert(fact),
                    About::Household | About::Referral => shared.insert(fact),
                }
            }
            if !self.all(&format!("child.{}.due", child.reference)).is_empty() {
                let weeks = rules.framework().child.gestation_in_weeks.as_deref();
                weeks.and_then(|id| rules.fact(id)).into_iter().for_each(|fact| own.remove(fact));
            }
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

/// Every question that is always asked and not sensitive, asked now or not, so that a page keeps its number.
fn pages(rules: &RuleSet, who: &Who) -> Vec<Vec<FactIndex>> {
    let is_theirs = |fact: &FactIndex| (rules.indicators()[*fact].about == About::Child) == (*who != Who::Household);
    let always = (0..rules.indicators().len()).filter(is_theirs).filter(|fact| {
        rules.is_always_asked(*fact) && !is_sensitive(rules, *fact) && !is_told_by_identity(rules, *fact)
    });
    always.collect::<Vec<_>>().chunks(TOGETHER).map(<[_]>::to_vec).collect()
}

fn page_of(rules: &RuleSet, who: &Who, page: usize) -> Vec<FactIndex> {
    page.checked_sub(1).and_then(|page| pages(rules, who).into_iter().nth(page)).unwrap_or_default()
}

fn is_sensitive(rules: &RuleSet, fact: FactIndex) -> bool {
    rules.topics()[rules.indicators()[fact].topic].sensitive
}

/// The field of one question: its answers, not known, and that somebody would not say.
pub fn answer_field(rules: &RuleSet, who: &Who, fact: FactIndex) -> Field {
    let indicator = &rules.indicators()[fact];
    let own = |word: &str| indicator.classes.iter().any(|class| class.answer == Answer::Word(word.to_owned()));
    let besides = [("not_known", "Not known"), ("refused", "Asked, and would not say")];
    let besides = besides.into_iter().filter(|(word, _)| !own(word)).map(|(word, says)| Choice::new(word, says));
    let asks = match &indicator.kind {
        Kind::YesNo { .. } => {
            Asks::One([Choice::new("yes", "Yes"), Choice::new("no", "No")].into_iter().chain(besides).collect())
        }
        Kind::Choice => Asks::One(choices(indicator).chain(besides).collect()),
        Kind::Number { from, to, unit, never, .. } => Asks::Whole {
            from: *from,
            to: *to,
            unit: words(*unit).to_owned(),
            instead: never.then(|| Choice::new("never", "Never")).into_iter().chain(besides).collect(),
        },
    };
    Field {
        hint: indicator.hint.clone(),
        // What is always asked is answered, if only with “not known”; the rest may be left for those who know.
        needed: rules.is_always_asked(fact).then(|| format!("Answer this, or choose not known: {}", indicator.ask)),
        ..Field::new(who.fact(&indicator.id), indicator.ask.clone(), asks)
    }
}

/// The answers of a choice that are still offered.
fn choices(indicator: &Indicator) -> impl Iterator<Item = Choice> + '_ {
    let offered = indicator.classes.iter().filter(|class| class.retired.is_none());
    offered.filter_map(|class| match &class.answer {
        Answer::Word(word) => Some(Choice::new(word.clone(), class.label.clone())),
        Answer::YesNo(_) | Answer::Number(_) => None,
    })
}

fn words(unit: Unit) -> &'static str {
    match unit {
        Unit::Months => "months",
        Unit::Weeks => "weeks",
        Unit::Days => "days",
        Unit::Years => "years",
        Unit::Episodes => "episodes",
        Unit::Incidents => "incidents",
        Unit::Contacts => "contacts",
        Unit::Children => "children",
        Unit::Agencies => "agencies",
        Unit::Indicators => "indicators",
        Unit::Percent => "per cent",
        Unit::Grade => "",
        Unit::Times => "times",
    }
}

fn referrer(rules: &RuleSet, journey: Journey<'_>) -> Vec<Field> {
    let agencies = rules.framework().agencies.iter().map(|agency| Choice::new(agency.id.clone(), agency.name.clone()));
    let mut fields = vec![
        Field::new("referrer.name", "Name of the person who refers", Asks::Line(Line::Name))
            .needed("Enter the name of the person who refers, or how they are known"),
        Field::new("referrer.role", "Their role, or how they know the child", Asks::Line(Line::Plain)),
        Field::new("referrer.contact", "How to reach them", Asks::Line(Line::Plain))
            .hint("A telephone number or an email address that is answered")
            .needed("Enter how to reach the person who refers"),
        Field::new("referrer.agency", "Kind of agency", Asks::Select(agencies.collect()))
            .needed("Choose the kind of agency"),
    ];
    if journey == Journey::Referral(None) {
        fields.insert(
            0,
            Field::new("referrer.organisation", "Organisation that refers", Asks::Line(Line::Plain))
                .hint("By its code, like school:example-primary; for the family or the public, the council's own")
                .needed("Enter the organisation that refers"),
        );
        fields.push(
            Field::new("received.date", "Date the referral was received", Asks::Date)
                .hint("Leave empty if it is being received now, like by telephone. For example, 27 3 2026"),
        );
        fields.push(
            Field::new("received.time", "Time the referral was received", Asks::Line(Line::Time))
                .hint("On the 24-hour clock, like 14:30. The time allowed runs from here"),
        );
    }
    fields
}

fn identity(child: &super::DraftChild, journey: Journey<'_>) -> Vec<Field> {
    let key = |part: &str| format!("child.{}.{part}", child.reference);
    let mut fields = Vec::new();
    let named = journey != Journey::Check;
    if named {
        let says = if child.unborn { "Name of the mother, or what the baby is called" } else { "Name of the child" };
        fields.push(
            Field::new(key("name"), says, Asks::Line(Line::Name))
                .hint("If no name is known, how to tell this child from the others")
                .needed("Enter a name, or how to tell this child from the others"),
        );
    }
    if child.unborn {
        if named {
            fields.push(Field::new(key("due"), "Date the baby is due", Asks::Date).hint("For example, 27 3 2027"));
        }
        return fields;
    }
    let whole = |to, unit: &str| Asks::Whole { from: 0, to, unit: unit.to_owned(), instead: Vec::new() };
    if named {
        fields.push(Field::new(key("born"), "Date of birth", Asks::Date).hint("For example, 27 3 2019"));
    }
    let about =
        if named { "If the date of birth is not known, about how old is the child?" } else { "Age of the child" };
    let years = Field::new(key("age.years"), "Years", whole(17, "years"));
    let months = Field::new(key("age.months"), "And months", whole(11, "months"));
    fields.push(Field { under: Some(about.to_owned()), ..years });
    fields.push(Field { under: Some(about.to_owned()), ..months.hint("Months matter most for a baby") });
    if named {
        fields.push(Field::new(key("nhs_number"), "NHS number", Asks::Line(Line::NhsNumber)).hint("If you have it"));
        fields.push(Field::new(key("upn"), "Unique pupil number", Asks::Line(Line::Upn)).hint("If you have it"));
        fields.push(
            Field::new(key("own_words"), "What the child says, in the child's own words", Asks::Text(MAX_ACCOUNT))
                .hint("Also what a child too young to speak shows. Do not ask leading questions to fill this in"),
        );
    }
    fields
}

fn account() -> Vec<Field> {
    let field = |key, says, hint| Field::new(key, says, Asks::Text(MAX_ACCOUNT)).hint(hint);
    vec![
        field("account.seen", "What was seen", "What you or somebody else saw, where and when")
            .needed("Say what was seen, or that nothing was"),
        field("account.said", "What was said", "Who said what to whom, as near to their own words as you can"),
        field("account.opinion", "What you think", "Your professional opinion, and what it rests on"),
    ]
}

fn topics(draft: &Draft, rules: &RuleSet, reference: &str) -> Field {
    let asks = |topic: usize| {
        rules.indicators().iter().enumerate().any(|(fact, indicator)| {
            indicator.topic == topic
                && !rules.is_protective(fact)
                && !rules.is_always_asked(fact)
                && indicator.retired.is_none()
        })
    };
    let listed = (0..rules.topics().len()).filter(|topic| asks(*topic)).map(|topic| &rules.topics()[topic]);
    let choices = listed.map(|topic| Choice::new(topic.id.clone(), topic.title.clone()));
    let says = format!("What are you worried about for {}?", draft.name_of(reference));
    let none = Choice::new(NONE, "None of these");
    Field::new(format!("child.{reference}.concerns"), says, Asks::Several(choices.chain([none]).collect()))
        .hint("Choose all that apply. Only what you choose is asked about further")
        .needed("Choose what you are worried about, or “None of these”")
}

/// What is chosen where nothing else applies.
pub(super) const NONE: &str = "none";

fn strengths(draft: &Draft, rules: &RuleSet, journey: Journey<'_>) -> Vec<Field> {
    let listed = |about_child: bool| -> Vec<Choice> {
        let facts = rules.indicators().iter().enumerate();
        let theirs = facts.filter(|(fact, indicator)| {
            rules.is_protective(*fact)
                && indicator.retired.is_none()
                && (indicator.about == About::Child) == about_child
        });
        let choice = |indicator: &Indicator| {
            let choice = Choice::new(indicator.id.clone(), indicator.ask.clone());
            Choice { hint: indicator.hint.clone(), ..choice }
        };
        theirs.map(|(_, indicator)| choice(indicator)).collect()
    };
    let field = |key: String, says: String, choices: Vec<Choice>| {
        Field::new(key, says, Asks::Several(choices))
            .hint("Choose what you know to be so. It never lowers what is owed")
    };
    let mut fields = Vec::new();
    let household = listed(false);
    if !household.is_empty() {
        fields.push(field("household.strengths".into(), "What helps this family?".into(), household));
    }
    let own = listed(true);
    for child in draft.children.iter().filter(|_| !own.is_empty()) {
        let says = format!("What helps {}?", draft.name_of(&child.reference));
        fields.push(field(format!("child.{}.strengths", child.reference), says, own.clone()));
    }
    if journey != Journey::Check {
        fields.push(
            Field::new("account.tried", "What has been tried, and what came of it", Asks::Text(MAX_ACCOUNT))
                .hint("Help that was offered, by whom, and whether it worked"),
        );
    }
    fields
}

fn family() -> Vec<Field> {
    let one =
        |choices: &[(&str, &str)]| Asks::One(choices.iter().map(|(value, says)| Choice::new(*value, *says)).collect());
    let told = [
        ("yes", "Yes"),
        ("not_yet", "Not yet"),
        ("unsafe_to_tell", "No: telling them would raise the risk, harm evidence or cause delay"),
        ("not_known", "Not known"),
    ];
    let agrees = [("yes", "Yes"), ("no", "No"), ("not_asked", "Not asked"), ("not_known", "Not known")];
    let basis = [
        ("public_task", "A task in the public interest: safeguarding a child"),
        ("legal_obligation", "A legal obligation"),
        ("vital_interests", "Vital interests: somebody's life is at risk"),
        ("consent", "Consent to share, which is seldom the right basis"),
    ];
    vec![
        Field::new("family.told", "Does the family know that this referral is made?", one(&told))
            .hint("Tell them unless that would make things less safe")
            .needed("Say whether the family knows"),
        Field::new("family.agrees", "Do they agree to help?", one(&agrees))
            .hint("Agreement to help is needed to give it below statutory levels; it is not needed to refer")
            .needed("Say whether the family agrees to help"),
        Field::new("family.basis", "On what basis do you share this?", one(&basis))
            .hint("This is about sharing information, not about agreeing to help")
            .needed("Say on what basis you share this"),
    ]
}

fn level(rules: &RuleSet) -> Field {
    let levels = rules.ladder().levels().iter();
    let choice = |level: &crate::ladder::LevelOfNeed| {
        Choice::new(level.rank.to_string(), format!("Level {}: {}", level.rank, level.name)).hint(level.means.clone())
    };
    let unsure = Choice::new(UNSURE, "I am not sure");
    Field::new(
        "level",
        "Which level of need do you think this is?",
        Asks::One(levels.map(choice).chain([unsure]).collect()),
    )
    .hint("Your own view, before you see what the criteria indicate. Both are kept")
    .needed("Choose a level, or “I am not sure”")
}

/// What is chosen by whoever has no view of the level.
pub(super) const UNSURE: &str = "unsure";
