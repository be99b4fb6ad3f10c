//! Every answer, criterion and threshold as an entry: where it stands, and what it says.

use super::blocks::{Anchor, Group, Row, Table, Text};
use super::script::laid_out;
use crate::criteria::in_words::{named, owner_id};
use crate::criteria::{AnswerClass, Condition, Contribution, Criterion, Domain, Gives, Indicator, RuleSet};
use crate::facts::FactIndex;
use crate::ladder::Rank;
use crate::proof::InWords;

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// Under the level that it is enough for.
    Floor(Rank),
    /// Under the level that the law asks for.
    Duty(Rank),
    /// Under the level at which it is a need.
    Counts(Rank),
    /// Among what makes a child more vulnerable.
    Raises,
    /// Among what asks for something to be done, and decides no level.
    Asks,
    /// Among the words that others use.
    Defines,
}

impl Stands {
    fn of(gives: &Gives) -> Self {
        match gives.contribution {
            Contribution::Floor(rank) => Self::Floor(rank),
            Contribution::Duty(rank) => Self::Duty(rank),
            Contribution::Counts { rank, .. } => Self::Counts(rank),
            Contribution::Nothing if gives.raises => Self::Raises,
            Contribution::Nothing if gives.is_nothing() => Self::Defines,
            Contribution::Nothing => Self::Asks,
        }
    }

    /// The section, as links name it, and as one says it.
    pub fn section(self) -> (String, String) {
        let (id, says) = match self {
            Self::Floor(rank) | Self::Duty(rank) | Self::Counts(rank) => {
                return (format!("level-{rank}"), format!("level {rank}"));
            }
            Self::Raises => ("part-raises", "what raises a level"),
            Self::Asks => ("part-to-do", "what to do"),
            Self::Defines => ("part-words", "words"),
        };
        (id.to_owned(), says.to_owned())
    }

    /// What it gives, as one says it.
    pub fn gives(self) -> String {
        match self {
            Self::Floor(rank) => format!("enough alone for level {rank}"),
            Self::Duty(rank) => format!("owed by law at level {rank}"),
            Self::Counts(rank) => format!("one need at level {rank}"),
            Self::Raises => "may raise the level".to_owned(),
            Self::Asks => "gives no level".to_owned(),
            Self::Defines => "gives nothing by itself".to_owned(),
        }
    }
}

/// One of the rules.
#[derive(Debug)]
pub(super) struct Entry {
    pub stands: Stands,
    pub anchor: Anchor,
    pub topic: usize,
    /// The question with its answer, or the sentence.
    pub title: String,
    pub found: Vec<Text>,
    pub domain: Option<Domain>,
    /// What else follows.
    pub also: Vec<Text>,
    pub source: Text,
    pub actions: Vec<usize>,
    /// The level that it softens to.
    pub softens_to: Option<Rank>,
    /// The same with what that rests on.
    pub softens: Option<Text>,
    /// Everything that is said of it, to be looked through.
    pub text: String,
}

/// A rule set, and its entries in the order of topics.
#[derive(Debug)]
pub(super) struct Told<'r> {
    pub rules: &'r RuleSet,
    pub words: InWords<'r>,
    pub entries: Vec<Entry>,
}

impl<'r> Told<'r> {
    pub fn of(rules: &'r RuleSet) -> Self {
        let mut told = Self { rules, words: InWords::of(rules), entries: Vec::new() };
        let mut entries: Vec<Entry> = (0..rules.indicators.len()).flat_map(|fact| told.answers(fact)).collect();
        entries.extend(rules.criteria.iter().map(|criterion| told.criterion(criterion)));
        // Stable: questions before criteria, each in their order.
        entries.sort_by_key(|entry| entry.topic);
        told.entries = entries;
        told
    }

    /// A question's answers that give something. Neighbours that give the same stand together.
    fn answers(&self, fact: FactIndex) -> Vec<Entry> {
        let indicator = &self.rules.indicators[fact];
        let mut runs: Vec<(usize, usize, Vec<String>)> = Vec::new();
        for (place, class) in indicator.classes.iter().enumerate() {
            if class.gives.is_nothing() {
                continue;
            }
            // What is given is compared as it is told.
            let given = self.given(class, indicator);
            match runs.last_mut() {
                Some((_, last, same)) if *last + 1 == place && *same == given => *last = place,
                _ => runs.push((place, place, given)),
            }
        }
        runs.into_iter().map(|(first, last, _)| self.answer(fact, indicator, first, last)).collect()
    }

    fn given(&self, class: &AnswerClass, indicator: &Indicator) -> Vec<String> {
        let also = self.also(&class.gives, indicator.need, &indicator.id);
        let softening = self.softening(&class.gives);
        let given = also.iter().chain(&softening).map(Text::words).chain([format!("{:?}", class.gives.contribution)]);
        given.chain(class.retired.iter().map(|retired| retired.until.clone())).collect()
    }

    fn answer(&self, fact: FactIndex, indicator: &Indicator, first: usize, last: usize) -> Entry {
        let class = &indicator.classes[first];
        let [least, greatest] = [first, last].map(|place| u8::try_from(place).unwrap_or(u8::MAX));
        let answer = indicator.in_words(least, greatest);
        let answers: Vec<String> =
            indicator.classes[first..=last].iter().map(|class| class.answer.to_string().replace(' ', "_")).collect();
        let place = format!("{}-{}", indicator.id, answers[0]);
        let mut found = vec![Text::from(indicator.ask.as_str()).and(" ").and_strong(&answer)];
        found.extend(indicator.hint.as_deref().map(Text::small));
        found.extend(self.softening(&class.gives));
        let retired = indicator.retired.as_ref().or(class.retired.as_ref());
        found.extend(retired.map(|retired| {
            Text::small(format!("No longer asked; accepted until {}: {}", retired.until, retired.because))
        }));
        let mut also = self.also(&class.gives, indicator.need, &indicator.id);
        if self.rules.is_presumed(fact) {
            also.push(Text::small("Presumed until it is answered"));
        }
        let text = [Some(&indicator.ask), indicator.say.as_ref(), indicator.hint.as_ref()];
        Entry {
            stands: Stands::of(&class.gives),
            anchor: Anchor { id: indicator.id.clone(), answers, place },
            topic: indicator.topic,
            title: format!("{} {answer}", indicator.ask),
            found,
            domain: indicator.domain,
            also,
            source: self.sources(&indicator.source),
            actions: class.gives.actions.clone(),
            softens_to: class.gives.softens.as_ref().map(|softens| softens.then),
            softens: self.softening(&class.gives),
            text: text.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n"),
        }
    }

    fn criterion(&self, criterion: &Criterion) -> Entry {
        let named_by = spaced(&criterion.id);
        let title = criterion.says.clone().unwrap_or_else(|| capital(&named_by));
        let stands = Stands::of(&criterion.gives);
        let mut found = match stands {
            // Others name it by its id.
            Stands::Defines => vec![Text::strong(&capital(&named_by))],
            _ => vec![Text::from(title.as_str())],
        };
        if stands == Stands::Defines {
            found.extend(criterion.says.as_deref().map(Text::from));
        }
        found.push(self.linked(&criterion.when, "When ", Text { is_small: true, ..Text::default() }));
        found.extend(self.softening(&criterion.gives));
        Entry {
            stands,
            anchor: Anchor { id: criterion.id.clone(), answers: Vec::new(), place: criterion.id.clone() },
            topic: criterion.topic,
            title,
            found,
            domain: criterion.domain,
            also: self.also(&criterion.gives, criterion.need, &criterion.id),
            source: self.sources(&criterion.source),
            actions: criterion.gives.actions.clone(),
            softens_to: criterion.gives.softens.as_ref().map(|softens| softens.then),
            softens: self.softening(&criterion.gives),
            text: criterion.says.clone().unwrap_or_default(),
        }
    }

    /// When something holds; of a script, the answers for which it does.
    pub fn when(&self, condition: &Condition) -> String {
        self.words.condition(&self.without_scripts(condition))
    }

    /// When something holds, as a sentence; what it names leads to where that is told.
    pub fn linked(&self, condition: &Condition, begin: &str, text: Text) -> Text {
        let mut named_here = Vec::new();
        named_in(condition, &mut named_here);
        let words = self.when(condition);
        let mut text = text.and(begin);
        let mut rest = words.as_str();
        let ids: Vec<&String> = named_here.iter().map(|criterion| &self.rules.criteria[*criterion].id).collect();
        let first = |rest: &str| {
            let found = ids.iter().filter_map(|id| Some((rest.find(&named(id))?, *id)));
            found.min_by_key(|(at, _)| *at)
        };
        while let Some((at, id)) = first(rest) {
            let (before, after) = rest.split_at(at);
            text = text.and(before).and_link(&named(id), id);
            rest = after.strip_prefix(named(id).as_str()).unwrap_or_default();
        }
        text.and(rest).and(".")
    }

    /// To which level a floor softens, and on what.
    fn softening(&self, gives: &Gives) -> Option<Text> {
        let softens = gives.softens.as_ref()?;
        let text = Text::small("").and_strong(&format!("Level {} instead", softens.then));
        Some(self.linked(&softens.unless, " where ", text))
    }

    fn without_scripts(&self, condition: &Condition) -> Condition {
        let parts = |parts: &[Condition]| parts.iter().map(|part| self.without_scripts(part)).collect();
        match condition {
            Condition::All(all) => Condition::All(parts(all)),
            Condition::Any(any) => Condition::Any(parts(any)),
            Condition::Table(table) => {
                laid_out(self.rules, &self.rules.tables[*table]).unwrap_or_else(|| condition.clone())
            }
            _ => condition.clone(),
        }
    }

    /// What follows from a finding besides the level under which it stands.
    fn also(&self, gives: &Gives, need: usize, id: &str) -> Vec<Text> {
        let mut also = Vec::new();
        if !gives.considerations.is_empty() {
            also.push(Text::from("A manager answers: ").and_links(self.answered(&gives.considerations)));
        }
        if !gives.actions.is_empty() {
            also.push(Text::from("Do: ").and_links(self.done(&gives.actions)));
        }
        if let Some(within) = gives.within {
            also.push(Text::from(capital(&within.to_string())));
        }
        if gives.raises && gives.contribution != Contribution::Nothing {
            also.push(Text::default().and_link("It also raises", "part-raises"));
        }
        if matches!(gives.contribution, Contribution::Counts { hardship: true, .. }) {
            also.push(Text::default().and_link("Hardship", "part-hardship"));
        }
        let counted = owner_id(self.rules, need).filter(|owner| owner != id);
        if let Some(owner) = counted.filter(|_| gives.contribution != Contribution::Nothing) {
            also.push(Text::small(format!("One and the same need as {}", named(&owner))));
        }
        also
    }

    /// Considerations by their names, each leading to what it asks.
    pub fn answered(&self, places: &[usize]) -> impl Iterator<Item = (String, String)> {
        let found = places.iter().map(|place| &self.rules.considerations[*place]);
        found.map(|one| (as_written(&one.id, &one.says), one.id.clone()))
    }

    /// Actions by their names, each leading to what is done.
    pub fn done(&self, places: &[usize]) -> impl Iterator<Item = (String, String)> {
        let found = places.iter().map(|place| &self.rules.actions[*place]);
        found.map(|one| (as_written(&one.id, &one.says), one.id.clone()))
    }

    /// The same by their ids.
    pub fn done_by_id(&self, ids: &[String]) -> impl Iterator<Item = (String, String)> {
        let found = ids.iter().filter_map(|id| self.rules.actions.iter().find(|action| action.id == *id));
        found.map(|one| (as_written(&one.id, &one.says), one.id.clone()))
    }

    /// Sources by their words, each leading to where it is told in full.
    pub fn sources(&self, sources: &[String]) -> Text {
        let in_full = |source: &String| self.rules.framework().sources.get(source).map_or("", String::as_str);
        let links = sources.iter().map(|source| (name_as_written(source, in_full(source)), format!("source-{source}")));
        Text::small("").and_links(links)
    }

    /// The entries of one kind as a table by topic, unless there are none.
    pub fn table(&self, stands: Stands, caption: &str) -> Option<Table> {
        let is_level = matches!(stands, Stands::Floor(_) | Stands::Duty(_) | Stands::Counts(_));
        let mut topics: Vec<(usize, Vec<&Entry>)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.stands == stands) {
            match topics.last_mut() {
                Some((topic, entries)) if *topic == entry.topic => entries.push(entry),
                _ => topics.push((entry.topic, vec![entry])),
            }
        }
        let groups = topics.into_iter().map(|(topic, entries)| {
            let title = self.rules.topics.get(topic).map_or("", |topic| &topic.title);
            // The domain of most stands in the heading; the others say their own.
            let most =
                entries.iter().max_by_key(|one| entries.iter().filter(|other| other.domain == one.domain).count());
            let domain = most.and_then(|most| most.domain);
            let is_one = entries.iter().all(|entry| entry.domain == domain);
            let unless = if is_one { "" } else { " unless it says another" };
            let heading = if is_level { format!("{title} ({}{unless})", in_domain(domain)) } else { title.to_owned() };
            let row = |entry: &&Entry| {
                let mut also = entry.also.clone();
                if is_level && entry.domain != domain {
                    also.push(Text::small(capital(&in_domain(entry.domain))));
                }
                let mut cells = vec![entry.found.clone(), also, vec![entry.source.clone()]];
                if stands == Stands::Defines {
                    cells.remove(1);
                }
                Row { entry: Some(entry.anchor.clone()), cells }
            };
            Group { heading: Some(heading), rows: entries.iter().map(row).collect() }
        });
        let groups: Vec<Group> = groups.collect();
        let columns = match stands {
            Stands::Defines => vec!["Word and what it means", "Source"],
            _ => vec!["What is found", "What else follows", "Source"],
        };
        (!groups.is_empty()).then(|| Table { caption: caption.to_owned(), columns, groups, style: "" })
    }
}

fn in_domain(domain: Option<Domain>) -> String {
    domain.map_or_else(|| "no domain".to_owned(), |domain| format!("domain: {}", domain.word()))
}

/// An id as one reads it, its words as a text writes them: LADO, and not lado.
pub(super) fn as_written(id: &str, text: &str) -> String {
    // A word that begins a sentence has a capital for that alone.
    words_as_written(id, text, |word, written| written != capital(word))
}

/// The same of a name, every word of which may have a capital.
pub(super) fn name_as_written(id: &str, text: &str) -> String {
    capital(&words_as_written(id, text, |_, _| true))
}

fn words_as_written(id: &str, text: &str, is_taken: impl Fn(&str, &str) -> bool) -> String {
    let bare = |word: &str| word.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    let words = id.split('_').map(|word| {
        let mut written = text.split_whitespace().map(|word| word.trim_matches(|one: char| !one.is_alphanumeric()));
        let written = written.find(|written| bare(written) == word && is_taken(word, written));
        written.unwrap_or(word).to_owned()
    });
    words.collect::<Vec<String>>().join(" ")
}

/// An id as one reads it.
pub(super) fn spaced(id: &str) -> String {
    id.replace('_', " ")
}

/// With a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The criteria that a condition names.
fn named_in(condition: &Condition, found: &mut Vec<usize>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| named_in(part, found)),
        Condition::Holds(criterion) if !found.contains(criterion) => found.push(*criterion),
        _ => {}
    }
}
