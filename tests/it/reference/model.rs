//! A rule set as small plain data of its own: what the rule language can say, and nothing of how the engine keeps it.
//!
//! Everything is named by its id. An answer is known by its *place*: 0 is the answer of least concern, and every
//! number of a range has a place of its own, so that nothing here knows of the engine's classes.

/// A level.
pub type Rank = u8;

/// A rule set.
#[derive(Debug, Clone)]
pub struct Model {
    /// How many levels the ladder has.
    pub ranks: Rank,
    /// The first protection level, if there is one.
    pub protection_from: Option<Rank>,
    pub topics: Vec<Topic>,
    pub facts: Vec<Fact>,
    pub criteria: Vec<Criterion>,
    pub groups: Vec<Vec<Domain>>,
    pub thresholds: Vec<Threshold>,
    pub modifiers: Option<Modifiers>,
    /// The level that hardship never helps to reach.
    pub hardship_never_reaches: Option<Rank>,
    pub protection: Vec<Protection>,
}

#[derive(Debug, Clone)]
pub struct Topic {
    pub id: String,
    pub domain: Domain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Domain {
    Child,
    Parenting,
    Environment,
    Harm,
    /// A need that never adds a domain.
    None,
}

impl Domain {
    pub const REAL: [Self; 4] = [Self::Child, Self::Parenting, Self::Environment, Self::Harm];
}

#[derive(Debug, Clone)]
pub struct Fact {
    pub id: String,
    pub topic: String,
    /// Overrides the topic's.
    pub domain: Option<Domain>,
    pub role: Role,
    /// About the household, and given once for all children.
    pub household: bool,
    pub core: bool,
    pub counts_with: Option<String>,
    pub asked_when: Option<Condition>,
    pub kind: Kind,
}

/// What a fact is to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A sign of concern.
    Sign,
    /// Of the child, never a concern by itself.
    Circumstance,
    /// Never moves a level.
    Context,
    /// Taken at its greatest answer until it is given.
    Presumed,
    /// Absent until it is stated.
    Protective,
    /// Its answers have no order.
    Unordered,
}

#[derive(Debug, Clone)]
pub enum Kind {
    YesNo {
        /// The answer of concern.
        concern: bool,
        /// What that answer gives.
        gives: Gives,
    },
    Choice(Vec<(String, Gives)>),
    Number {
        from: i64,
        to: i64,
        lower_is_worse: bool,
        /// `never` is an answer of its own, of least concern.
        never: bool,
        /// The place from which each band holds, mild to severe.
        bands: Vec<(usize, Gives)>,
    },
}

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    YesNo(bool),
    Word(String),
    Number(i64),
}

impl Fact {
    /// Every answer, least concern first.
    pub fn answers(&self) -> Vec<Raw> {
        match &self.kind {
            Kind::YesNo { concern, .. } => vec![Raw::YesNo(!concern), Raw::YesNo(*concern)],
            Kind::Choice(answers) => answers.iter().map(|(word, _)| Raw::Word(word.clone())).collect(),
            Kind::Number { from, to, lower_is_worse, never, .. } => {
                let mut numbers: Vec<Raw> = (*from..=*to).map(Raw::Number).collect();
                if *lower_is_worse {
                    numbers.reverse();
                }
                let never = never.then(|| Raw::Word("never".to_owned()));
                never.into_iter().chain(numbers).collect()
            }
        }
    }

    /// How many answers there are.
    pub fn size(&self) -> usize {
        match &self.kind {
            Kind::YesNo { .. } => 2,
            Kind::Choice(answers) => answers.len(),
            Kind::Number { from, to, never, .. } => (to - from) as usize + 1 + usize::from(*never),
        }
    }

    /// The place of greatest concern.
    pub fn greatest(&self) -> usize {
        self.size() - 1
    }

    /// What the answer at a place gives.
    pub fn gives(&self, place: usize) -> Option<&Gives> {
        match &self.kind {
            Kind::YesNo { gives, .. } => (place == 1).then_some(gives),
            Kind::Choice(answers) => answers.get(place).map(|(_, gives)| gives),
            Kind::Number { bands, .. } => bands.iter().rev().find(|(from, _)| *from <= place).map(|(_, gives)| gives),
        }
    }

    /// Everything that its answers may give.
    pub fn all_gives(&self) -> Vec<&Gives> {
        match &self.kind {
            Kind::YesNo { gives, .. } => vec![gives],
            Kind::Choice(answers) => answers.iter().map(|(_, gives)| gives).collect(),
            Kind::Number { bands, .. } => bands.iter().map(|(_, gives)| gives).collect(),
        }
    }

    /// The same, to change.
    pub fn all_gives_mut(&mut self) -> Vec<&mut Gives> {
        match &mut self.kind {
            Kind::YesNo { gives, .. } => vec![gives],
            Kind::Choice(answers) => answers.iter_mut().map(|(_, gives)| gives).collect(),
            Kind::Number { bands, .. } => bands.iter_mut().map(|(_, gives)| gives).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Counts,
    Duty,
    Floor,
}

/// What an answer or a criterion gives.
#[derive(Debug, Clone, Default)]
pub struct Gives {
    pub level: Option<(What, Rank)>,
    pub hardship: bool,
    pub raises: bool,
    pub consider: Vec<String>,
    pub actions: Vec<String>,
    pub opens: Vec<String>,
    pub unless: Option<(Condition, Rank)>,
}

impl Gives {
    pub fn is_nothing(&self) -> bool {
        self.level.is_none() && !self.raises && self.consider.is_empty() && self.actions.is_empty()
    }
}

#[derive(Debug, Clone)]
pub struct Criterion {
    pub id: String,
    pub topic: String,
    pub domain: Option<Domain>,
    pub when: Condition,
    pub gives: Option<Gives>,
    pub counts_with: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// Round a yes/no test.
    Not(Box<Condition>),
    /// A fact on its side of concern, or a criterion that holds.
    Bare(String),
    Test(String, Test),
    Need(Need),
    /// Round a test or a bare id.
    Stated(Box<Condition>),
    Script(Script),
}

#[derive(Debug, Clone)]
pub enum Test {
    YesNo(bool),
    Is(Raw),
    OneOf(Vec<Raw>),
    AtLeast(Raw),
    AtMost(Raw),
    Above(Raw),
    Below(Raw),
}

#[derive(Debug, Clone)]
pub struct Need {
    pub at: Rank,
    pub domains: Option<Vec<Domain>>,
    pub harm: bool,
    pub besides: Vec<String>,
}

/// A script: some way of being true, and rows where it divides by zero.
#[derive(Debug, Clone)]
pub struct Script {
    pub name: String,
    pub reads: Vec<String>,
    /// True when all of one of these hold.
    pub any_of: Vec<Vec<Atom>>,
    /// It fails, before anything else, when all of one of these hold.
    pub fails_when: Vec<Vec<Atom>>,
    /// What it answers instead of failing, in a copy for comparison.
    pub instead_of_failing: Option<bool>,
}

/// One comparison in a script.
#[derive(Debug, Clone)]
pub struct Atom {
    pub fact: String,
    pub place: usize,
    pub exactly: bool,
}

#[derive(Debug, Clone)]
pub struct Threshold {
    pub id: String,
    pub reaches: Rank,
    pub needs: Vec<Needs>,
    pub unless: Option<Condition>,
    pub consider: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub struct Needs {
    pub at: Rank,
    pub at_least: usize,
    pub domains: Option<usize>,
    pub groups: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Modifiers {
    pub steps_at_most: usize,
    pub from: Vec<Rank>,
    pub instead: Vec<(Rank, String)>,
}

#[derive(Debug, Clone)]
pub struct Protection {
    pub fact: String,
    pub cancels: Vec<String>,
}

/// The actions of every model.
pub const ACTIONS: [&str; 4] = ["action_a", "action_b", "action_c", "action_d"];
/// The considerations of every model, with the level below which each is shown.
pub const CONSIDERATIONS: [(&str, Rank); 2] = [("consider_x", 3), ("consider_y", 4)];

/// What was said about one child.
#[derive(Debug, Clone, Default)]
pub struct Referral {
    pub concerns: Vec<String>,
    pub scope_all: bool,
    pub said: Vec<(String, Said)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Answer(usize),
    TwoAccounts(usize, usize),
    NotKnown,
    Refused,
}

impl Model {
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.id == id)
    }

    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }

    pub fn topic(&self, id: &str) -> &Topic {
        self.topics.iter().find(|topic| topic.id == id).expect("a fact's topic exists")
    }

    /// Every condition that stands anywhere.
    pub fn conditions(&self) -> Vec<&Condition> {
        let of_facts = self.facts.iter().flat_map(|fact| {
            let unless = fact.all_gives().into_iter().filter_map(|gives| gives.unless.as_ref());
            fact.asked_when.iter().chain(unless.map(|(condition, _)| condition))
        });
        let of_criteria = self.criteria.iter().flat_map(|criterion| {
            let unless = criterion.gives.iter().filter_map(|gives| gives.unless.as_ref());
            std::iter::once(&criterion.when).chain(unless.map(|(condition, _)| condition))
        });
        let of_thresholds = self.thresholds.iter().filter_map(|threshold| threshold.unless.as_ref());
        of_facts.chain(of_criteria).chain(of_thresholds).collect()
    }

    /// Every script that some condition names.
    pub fn scripts(&self) -> Vec<&Script> {
        let mut scripts: Vec<&Script> = Vec::new();
        for condition in self.conditions() {
            condition.visit(&mut |part| {
                if let Condition::Script(script) = part
                    && !scripts.iter().any(|known| known.name == script.name)
                {
                    scripts.push(script);
                }
            });
        }
        scripts
    }
}

impl Condition {
    /// The parts that have no parts, to change.
    fn leaves_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().flat_map(Self::leaves_mut).collect(),
            leaf => vec![leaf],
        }
    }

    /// Looks at this condition and every part of it.
    pub fn visit<'c>(&'c self, look: &mut impl FnMut(&'c Self)) {
        look(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit(look)),
            Self::Not(part) | Self::Stated(part) => part.visit(look),
            Self::Bare(_) | Self::Test(..) | Self::Need(_) | Self::Script(_) => {}
        }
    }
}

/// Everything that any answer or criterion gives.
pub fn each_gives(model: &mut Model) -> Vec<&mut Gives> {
    let facts = model.facts.iter_mut().flat_map(Fact::all_gives_mut);
    let criteria = model.criteria.iter_mut().filter_map(|criterion| criterion.gives.as_mut());
    facts.chain(criteria).collect()
}

/// Every `need` in a criterion.
pub fn each_need(model: &mut Model) -> Vec<&mut Need> {
    let parts = model.criteria.iter_mut().flat_map(|criterion| criterion.when.leaves_mut());
    parts.filter_map(|part| if let Condition::Need(need) = part { Some(need) } else { None }).collect()
}

/// Every `script` in a criterion.
pub fn each_script(model: &mut Model) -> Vec<&mut Script> {
    let parts = model.criteria.iter_mut().flat_map(|criterion| criterion.when.leaves_mut());
    parts.filter_map(|part| if let Condition::Script(script) = part { Some(script) } else { None }).collect()
}
