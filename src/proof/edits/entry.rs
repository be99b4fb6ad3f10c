//! Entries as lists of parts, and how two lists of entries differ.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::NOTHING;
use super::terms::Term;
use super::{Change, Decides, Direction, Edit, Of};
use crate::criteria::in_words::all_of;
use crate::ladder::Rank;

/// An entry of a rule set.
pub(super) struct Entry {
    pub of: Of,
    pub id: String,
    pub file: String,
    /// What people know it by.
    pub title: String,
    /// What it decides by being there.
    pub decides: Decides,
    /// Which way it goes that it is there.
    pub there: Option<Direction>,
    /// The level that it can lead to.
    pub reaches: Option<Rank>,
    pub parts: Vec<Part>,
}

/// A part of an entry that can differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Which part; the same in both rule sets.
    pub what: String,
    pub says: String,
    pub decides: Decides,
    pub change: Change,
    pub order: Order,
}

/// How one part stands to another of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// In no order.
    None,
    /// Of ids or words, whatever they are called otherwise.
    Named(Vec<String>),
    /// Of several things in no order.
    Listed(BTreeSet<String>),
    /// Of numbers, each the higher the more children reach a level.
    More(Vec<i64>),
    /// Of things, of which the more the more children reach a level.
    MoreOf(BTreeSet<String>),
    /// Of things, of which the more the fewer children reach a level.
    FewerOf(BTreeSet<String>),
    /// A condition: the wider, the more children reach a level.
    When(Term),
    /// A condition of which it is not known which way it works.
    Is(Term),
    /// What lowers, and to which level: the wider and the lower, the fewer children reach a level.
    Lowers(Option<(Term, Rank)>),
}

impl Entry {
    pub fn new(of: Of, id: &str, file: impl Into<String>, title: &str, decides: Decides) -> Self {
        let (id, file, title) = (id.to_owned(), file.into(), title.trim().trim_end_matches('.').to_owned());
        Self { of, id, file, title, decides, there: None, reaches: None, parts: Vec::new() }
    }

    /// What it says where words alone matter.
    #[must_use]
    pub fn words(self, what: &str, says: &str) -> Self {
        self.part(Part::new(what, says, Decides::Words, Change::Reworded))
    }

    /// What it says of what is asked and done.
    #[must_use]
    pub fn practice(self, what: &str, says: impl Into<String>) -> Self {
        self.part(Part::new(what, says, Decides::Practice, Change::Changed))
    }

    /// What it says of the level, in no order.
    #[must_use]
    pub fn level(self, what: &str, says: impl Into<String>) -> Self {
        self.part(Part::new(what, says, Decides::Level, Change::Changed))
    }

    /// The same in an order.
    #[must_use]
    pub fn ordered(self, what: &str, says: impl Into<String>, change: Change, order: Order) -> Self {
        self.part(Part { order, ..Part::new(what, says, Decides::Level, change) })
    }

    /// Several things by their ids or words.
    #[must_use]
    pub fn list(self, what: &str, decides: Decides, items: Vec<String>) -> Self {
        self.part(Part::list(what, decides, items))
    }

    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Everything that decides about it, in words.
    fn summary(&self) -> Option<String> {
        let deciding: Vec<String> = self
            .parts
            .iter()
            .filter(|part| part.decides == self.decides && !["", "no", NOTHING].contains(&part.says.as_str()))
            .map(|part| format!("{}: {}", part.what, part.says))
            .collect();
        (!deciding.is_empty()).then(|| deciding.join("; "))
    }
}

impl Part {
    pub fn new(what: &str, says: impl Into<String>, decides: Decides, change: Change) -> Self {
        let (what, says) = (what.to_owned(), says.into());
        Self { what, says, decides, change, order: Order::None }
    }

    pub fn list(what: &str, decides: Decides, mut items: Vec<String>) -> Self {
        items.sort();
        let says = if items.is_empty() { String::new() } else { all_of(&items).replace('_', " ") };
        let change = if decides == Decides::Words { Change::Reworded } else { Change::Changed };
        Self { order: Order::Listed(items.into_iter().collect()), ..Self::new(what, says, decides, change) }
    }

    /// Whether it says the same. What stands in an order is compared by that: its words may name what is worded anew.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.order, &other.order) {
            (Order::None, Order::None) => self.says == other.says,
            (one, other) => one == other,
        }
    }
}

impl Order {
    /// Which way it goes from this to the other.
    fn direction(&self, to: &Self) -> Option<Direction> {
        let which = |more: bool, fewer: bool| match (more, fewer) {
            (true, false) => Some(Direction::Loosened),
            (false, true) => Some(Direction::Tightened),
            _ => None,
        };
        let every = |was: &[i64], is: &[i64]| was.len() == is.len() && was.iter().zip(is).all(|(was, is)| is >= was);
        match (self, to) {
            (Self::More(was), Self::More(is)) => which(every(was, is), every(is, was)),
            (Self::MoreOf(was), Self::MoreOf(is)) => which(was.is_subset(is), is.is_subset(was)),
            (Self::FewerOf(was), Self::FewerOf(is)) => which(is.is_subset(was), was.is_subset(is)),
            (Self::When(was), Self::When(is)) => which(was.implies(is), is.implies(was)),
            (Self::Lowers(was), Self::Lowers(is)) => {
                let no_more = |one: &Option<(Term, Rank)>, other: &Option<(Term, Rank)>| match (one, other) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some((one, to)), Some((other, lower))) => one.implies(other) && to >= lower,
                };
                which(no_more(is, was), no_more(was, is))
            }
            _ => None,
        }
    }

    /// Whether there is any level in it.
    fn is_something(&self) -> bool {
        !matches!(self, Self::More(numbers) if numbers.iter().all(|number| *number == 0))
    }
}

impl Of {
    fn word(self) -> &'static str {
        match self {
            Self::Fact => "Question",
            Self::Criterion => "Criterion",
            Self::Script => "Script",
            Self::Threshold => "Threshold",
            Self::Groups => "Groups",
            Self::Modifiers => "Modifiers",
            Self::Hardship => "Hardship",
            Self::Protection => "Protection by",
            Self::Mapping => "Mapping",
            Self::AcrossChildren => "Across children",
            Self::Level => "Level",
            Self::Topic => "Topic",
            Self::Action => "Action",
            Self::Consideration => "Consideration",
            Self::Timescale => "Timescale",
            Self::Framework => "Framework",
            Self::Agency => "Agency",
            Self::CodeList => "Code list",
            Self::Letter => "Letters to families",
            Self::Stage => "Stage of a disagreement",
            Self::Source => "Source",
        }
    }
}

/// Every difference between two lists of entries, in an order of its own.
pub(super) fn compared(old: Vec<Entry>, new: Vec<Entry>) -> Vec<Edit> {
    let mut both: BTreeMap<(Of, String), [Option<Entry>; 2]> = BTreeMap::new();
    for (side, entries) in [old, new].into_iter().enumerate() {
        for entry in entries {
            let place = both.entry((entry.of, entry.id.clone())).or_default();
            place[side] = Some(entry);
        }
    }
    let mut edits = Vec::new();
    for entries in both.into_values() {
        match entries {
            [Some(was), Some(is)] => parts(&was, &is, &mut edits),
            [Some(was), None] => edits.push(whole(&was, Change::Removed)),
            [None, Some(is)] => edits.push(whole(&is, Change::Added)),
            [None, None] => {}
        }
    }
    edits.sort_by_key(|edit| edit.decides);
    edits
}

fn whole(entry: &Entry, change: Change) -> Edit {
    let added = change == Change::Added;
    let direction = if added { entry.there } else { entry.there.map(Direction::turned) };
    let summary = entry.summary();
    let (was, is) = if added { (None, summary) } else { (summary, None) };
    let how = come_or_gone([&was, &is], change);
    told(entry, None, Edited { decides: entry.decides, change, direction, reaches: entry.reaches, was, is, how })
}

fn parts(was: &Entry, is: &Entry, edits: &mut Vec<Edit>) {
    let find = |entry: &Entry, what: &str| entry.parts.iter().find(|part| part.what == what).cloned();
    let gone = was.parts.iter().filter(|part| find(is, &part.what).is_none());
    for part in is.parts.iter().chain(gone) {
        let edited = match [find(was, &part.what), find(is, &part.what)] {
            [Some(before), Some(after)] if before.is_same(&after) => continue,
            [Some(before), Some(after)] => {
                let reaches = [was.reaches, is.reaches];
                changed(before, after, reaches)
            }
            [before, after] => {
                let (change, reaches) =
                    if after.is_some() { (Change::Added, is.reaches) } else { (Change::Removed, was.reaches) };
                let [was, is] = [before, after].map(|part| part.map(|part| part.says));
                let how = come_or_gone([&was, &is], change);
                Edited { decides: part.decides, change, direction: None, reaches, was, is, how }
            }
        };
        edits.push(told(is, Some(&part.what), edited));
    }
}

fn changed(before: Part, after: Part, reaches: [Option<Rank>; 2]) -> Edited {
    let direction = before.order.direction(&after.order);
    let (mut decides, mut change) = (after.decides, after.change);
    if change == Change::MovedLevel && !(before.order.is_something() && after.order.is_something()) {
        change = Change::Changed;
    }
    if let (Order::When(was) | Order::Is(was), Order::When(is) | Order::Is(is)) = (&before.order, &after.order)
        && was.implies(is)
        && is.implies(was)
    {
        (decides, change) = (Decides::Words, Change::Reworded);
    }
    let mut how = match (&before.order, &after.order) {
        (Order::Listed(was), Order::Listed(is)) if !was.is_empty() && !is.is_empty() => {
            let told = |what: &str, items: Vec<&String>| {
                (!items.is_empty()).then(|| format!("{what} {}", all_of(items).replace('_', " ")))
            };
            let [come, gone] = [(is, was), (was, is)].map(|(all, but)| all.difference(but).collect());
            let told = [told("now also", come), told("no longer", gone)];
            format!(": {}", told.into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        _ => format!(": {} → {}", quoted(&before.says), quoted(&after.says)),
    };
    if change == Change::Reworded && after.change != change {
        how += " (it holds for the same children)";
    }
    let reaches = if direction == Some(Direction::Tightened) { reaches[0] } else { reaches[1] };
    Edited { decides, change, direction, reaches, was: Some(before.says), is: Some(after.says), how }
}

/// What was edited, but for where.
struct Edited {
    decides: Decides,
    change: Change,
    direction: Option<Direction>,
    /// The level that more or fewer reach, where it is one.
    reaches: Option<Rank>,
    was: Option<String>,
    is: Option<String>,
    /// What follows on the name in the sentence.
    how: String,
}

fn quoted(says: &str) -> &str {
    if says.is_empty() { "nothing" } else { says }
}

fn come_or_gone([was, is]: [&Option<String>; 2], change: Change) -> String {
    let (what, says) = if change == Change::Added { ("is added", is) } else { ("is removed; it was", was) };
    match says.as_deref() {
        None | Some("") => format!(" {}", what.trim_end_matches("; it was")),
        Some(says) => format!(" {what}: {says}"),
    }
}

fn told(entry: &Entry, what: Option<&str>, edited: Edited) -> Edit {
    let Edited { decides, change, direction, reaches, was, is, how } = edited;
    let mut says = format!("{} “{}”", entry.of.word(), entry.title);
    says += &what.map(|what| format!(", {what}")).unwrap_or_default();
    says += &how;
    let level = reaches.map_or_else(|| "a higher level".to_owned(), |rank| format!("level {rank}"));
    says += &match direction {
        None => String::new(),
        Some(Direction::Loosened) => format!(" (loosened: more children reach {level})"),
        Some(Direction::Tightened) => format!(" (tightened: fewer children reach {level})"),
    };
    let (id, file, what) = (entry.id.clone(), entry.file.clone(), what.map(str::to_owned));
    Edit { decides, change, direction, of: entry.of, id, file, what, was, is, says }
}

impl Direction {
    fn turned(self) -> Self {
        match self {
            Self::Loosened => Self::Tightened,
            Self::Tightened => Self::Loosened,
        }
    }
}
