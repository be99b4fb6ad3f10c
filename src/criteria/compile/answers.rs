//! Answers: each fact's classes in its order of concern, and what each gives.

use std::collections::{BTreeMap, BTreeSet};

use super::compiler::Compiler;
use super::conditions::{comparisons, names_in};
use super::tables::Scripts;
use crate::criteria::draft::Placed;
use crate::criteria::entries::{BandEntry, Comparison, GivesEntry, IndicatorEntry, NumberEntry, Scalar, Worse};
use crate::criteria::yaml::{Entry, Step};
use crate::criteria::{AnswerClass, ClassSet, Contribution, Domain, Gives, Indicator, Kind, Softens};
use crate::diagnostic::Diagnostic;
use crate::facts::{Answer, MAX_CLASSES, TopicSet};

impl<'d> Compiler<'d, '_> {
    /// Makes every indicator with its classes, without what they give.
    pub(super) fn classes(&mut self, scripts: &Scripts) {
        let compared = self.numbers_compared();
        let placed: Vec<_> = self.draft.indicators().collect();
        for (index, (topic, fact)) in placed.into_iter().enumerate() {
            let entry = &fact.value;
            let (kind, answers) = self.answers(fact, compared.get(entry.id.as_str()), scripts.cuts.get(&entry.id));
            if answers.len() > MAX_CLASSES {
                let message = format!(
                    "`{}` is cut into {} answers; at most {MAX_CLASSES} are kept apart",
                    entry.id,
                    answers.len()
                );
                let problem = Diagnostic::error("too-many", message).at(fact.place(&["id".into()]));
                self.tell(problem.help("band the number, or use fewer different limits"));
            }
            let need = self.owner(index, entry.counts_with.as_ref(), &fact.entry);
            let domain = entry.domain.unwrap_or(self.draft.topics[topic].head.value.domain);
            self.indicators.push(Indicator {
                id: entry.id.clone(),
                ask: entry.ask.clone(),
                say: entry.say.clone(),
                hint: entry.hint.clone(),
                about: entry.about,
                topic,
                domain: Domain::of(domain),
                kind,
                would_know: entry.would_know.clone(),
                asked_when: None,
                source: entry.source.clone(),
                retired: entry.retired.clone(),
                context: entry.context,
                classes: answers.into_iter().take(MAX_CLASSES).collect(),
                need,
            });
        }
    }

    /// Every number that any rule compares a fact with, as the lowest number of the range it begins.
    fn numbers_compared(&self) -> BTreeMap<&'d str, BTreeSet<i64>> {
        let draft = self.draft;
        let mut found = Vec::new();
        let mut conditions = Vec::new();
        for (_, fact) in draft.indicators() {
            conditions.extend(&fact.value.asked_when);
            let answers = fact.value.answers.iter().flat_map(|answers| answers.values());
            let gives = fact.value.if_yes.iter().chain(&fact.value.if_no).chain(answers);
            conditions.extend(gives.filter_map(|gives| gives.unless.as_ref()));
            conditions.extend(fact.value.bands.iter().filter_map(|band| band.unless.as_ref()));
        }
        for (_, criterion) in draft.criteria() {
            conditions.push(&criterion.value.when);
            conditions.extend(criterion.value.gives.iter().filter_map(|gives| gives.unless.as_ref()));
        }
        conditions.extend(draft.thresholds.iter().filter_map(|threshold| threshold.value.unless.as_ref()));
        conditions.extend(draft.guarantees.iter().filter_map(|guarantee| guarantee.value.when.as_ref()));
        conditions.into_iter().for_each(|condition| comparisons(condition, &mut found));
        let mut numbers: BTreeMap<&'d str, BTreeSet<i64>> = BTreeMap::new();
        for (id, comparison) in found {
            numbers.entry(id).or_default().extend(cuts_of(comparison));
        }
        numbers
    }

    fn answers(
        &mut self,
        fact: &Placed<'_, IndicatorEntry>,
        compared: Option<&BTreeSet<i64>>,
        scripted: Option<&BTreeSet<i64>>,
    ) -> (Kind, Vec<AnswerClass>) {
        let entry = &fact.value;
        let given = [
            ("if_yes", entry.if_yes.is_some()),
            ("if_no", entry.if_no.is_some()),
            ("answers", entry.answers.is_some()),
            ("number", entry.number.is_some()),
        ];
        let given: Vec<&str> = given.into_iter().filter(|(_, is)| *is).map(|(key, _)| key).collect();
        if given.len() > 1 {
            let message = format!("`{}` has both `{}` and `{}`", entry.id, given[0], given[1]);
            let place = fact.entry.key_place(&[], given[1]);
            let problem = Diagnostic::error("two-kinds", message).at(Some(place));
            self.tell(problem.help("a question has one side of concern, or answers in order, or a number"));
        }
        if let Some(number) = entry.number {
            return self.number(fact, number, compared, scripted);
        }
        if !entry.bands.is_empty() {
            let message = "bands belong to a number; say `number: { unit, from, to }`";
            let place = fact.entry.key_place(&[], "bands");
            self.tell(Diagnostic::error("missing-key", message).at(Some(place)));
        }
        if let Some(answers) = &entry.answers {
            if answers.len() < 2 || answers.len() > 60 {
                let message = format!("a choice has from 2 to 60 answers; `{}` has {}", entry.id, answers.len());
                let place = fact.entry.key_place(&[], "answers");
                self.tell(Diagnostic::error("wrong-shape", message).at(Some(place)));
            }
            let classes = answers.iter().map(|(answer, gives)| {
                let label = gives.label.clone().unwrap_or_else(|| sentence(answer));
                class(Answer::Word(answer.clone()), label, gives)
            });
            return (Kind::Choice, classes.collect());
        }
        // A protective fact is worse when it is absent; `if_no` alone says the same of any other.
        let concern = !(entry.protects || (entry.if_no.is_some() && entry.if_yes.is_none()));
        let side = |answer: bool, gives: Option<&GivesEntry>| {
            let gives = gives.cloned().unwrap_or_default();
            let label = gives.label.clone().unwrap_or_else(|| (if answer { "Yes" } else { "No" }).to_owned());
            class(Answer::YesNo(answer), label, &gives)
        };
        let of = |answer: bool| side(answer, if answer { entry.if_yes.as_ref() } else { entry.if_no.as_ref() });
        (Kind::YesNo { concern }, vec![of(!concern), of(concern)])
    }

    fn number(
        &mut self,
        fact: &Placed<'_, IndicatorEntry>,
        number: NumberEntry,
        compared: Option<&BTreeSet<i64>>,
        scripted: Option<&BTreeSet<i64>>,
    ) -> (Kind, Vec<AnswerClass>) {
        let NumberEntry { unit, from, to, worse, never } = number;
        if from >= to {
            let message = format!("the lowest number allowed, {from}, is not below the highest, {to}");
            let place = fact.place(&["number".into(), "from".into()]);
            self.tell(Diagnostic::error("impossible-range", message).at(place));
        }
        let lower_is_worse = worse == Worse::Lower;
        let mut cuts: BTreeSet<i64> = compared.into_iter().chain(scripted).flatten().copied().collect();
        for band in &fact.value.bands {
            cuts.extend(cuts_of(&range_of(band)));
        }
        let cuts: Vec<i64> = cuts.into_iter().filter(|cut| *cut > from && *cut <= to).collect();
        let mut segments: Vec<(i64, i64)> = Vec::new();
        for (index, &low) in std::iter::once(&from).chain(&cuts).enumerate() {
            segments.push((low, cuts.get(index).map_or(to, |next| next - 1)));
        }
        if lower_is_worse {
            segments.reverse();
        }
        let nothing = GivesEntry::default();
        let mut classes = Vec::new();
        if never.is_some() {
            classes.push(class(Answer::Word("never".to_owned()), "Never".to_owned(), &nothing));
        }
        for (low, high) in segments {
            let label = if low == high { low.to_string() } else { format!("{low} to {high}") };
            classes.push(class(Answer::Number(low), label, &nothing));
        }
        (Kind::Number { unit, from, to, lower_is_worse, never: never.is_some(), cuts }, classes)
    }

    /// Fills in what every answer gives, and when each question is asked.
    pub(super) fn gates_and_gives(&mut self) {
        let placed: Vec<_> = self.draft.indicators().collect();
        for (index, (topic, fact)) in placed.into_iter().enumerate() {
            let (value, entry) = (&fact.value, &fact.entry);
            if let Some(gate) = &value.asked_when {
                self.in_gate = true;
                let gate = self.condition(gate, entry, &["asked_when".into()]);
                self.in_gate = false;
                self.indicators[index].asked_when = Some(gate);
            }
            let itself: TopicSet = [topic].into_iter().collect();
            let concern = !(value.circumstance || value.context || value.protects || !value.ordered);
            let per_class = self.given_per_class(index, fact);
            let mut opens = TopicSet::EMPTY;
            for (class, (gives, path)) in per_class.into_iter().enumerate() {
                let opened = self.list(&gives.opens, entry, &step(&path, "opens"), |compiler, id, entry, path| {
                    let found = compiler.names.topics.get(id).copied();
                    if found.is_none() {
                        let message = format!("`{id}` is not a topic");
                        let problem = Diagnostic::error("unknown-topic", message).at(Some(entry.place(path)));
                        compiler.tell_unknown(problem.suggest(id, compiler.names.topics.keys().copied()), id);
                    }
                    found
                });
                opens = opens.or(&opened.into_iter().collect());
                if class > 0 && concern {
                    opens = opens.or(&itself);
                }
                let compiled = self.gives(&gives, entry, &path);
                if let Some(slot) = self.indicators[index].classes.get_mut(class) {
                    slot.gives = compiled;
                    slot.opens = opens;
                }
            }
        }
    }

    /// What each class of a fact gives as written, with the path where that stands.
    fn given_per_class(
        &mut self,
        index: usize,
        fact: &'d Placed<'d, IndicatorEntry>,
    ) -> Vec<(GivesEntry, Vec<Step<'d>>)> {
        let value = &fact.value;
        if let Some(answers) = &value.answers {
            return answers
                .iter()
                .map(|(id, gives)| (gives.clone(), vec!["answers".into(), id.as_str().into()]))
                .collect();
        }
        if value.number.is_none() {
            let of = |answer: &Answer| match answer {
                Answer::YesNo(true) => (value.if_yes.clone().unwrap_or_default(), vec!["if_yes".into()]),
                _ => (value.if_no.clone().unwrap_or_default(), vec!["if_no".into()]),
            };
            return self.indicators[index].classes.iter().map(|class| of(&class.answer)).collect();
        }
        let sets = self.bands(index, fact);
        (0..self.indicators[index].classes.len())
            .map(|class| {
                let band = sets.iter().rposition(|set| set >> class & 1 == 1);
                band.map_or_else(
                    || (GivesEntry::default(), Vec::new()),
                    |band| (value.bands[band].gives(), vec!["bands".into(), band.into()]),
                )
            })
            .collect()
    }

    /// The classes of every band; tells bands that leave a gap, hide each other, or point the wrong way.
    fn bands(&mut self, index: usize, fact: &Placed<'_, IndicatorEntry>) -> Vec<ClassSet> {
        let lower_is_worse = matches!(self.indicators[index].kind, Kind::Number { lower_is_worse: true, .. });
        let before = self.problems.len();
        let mut sets: Vec<ClassSet> = Vec::new();
        if matches!(self.indicators[index].kind, Kind::Number { from, to, .. } if from >= to) {
            // Told already; no band makes sense of such a range.
            return sets;
        }
        for (band, value) in fact.value.bands.iter().enumerate() {
            let path = [Step::Key("bands"), Step::Item(band)];
            let range = range_of(value);
            let set = self.band_classes(index, &range, &fact.entry, &path);
            if set == 0 && self.problems.len() == before {
                let message = format!("no number from `from` to `to` of `{}` is in this band", fact.value.id);
                self.tell(Diagnostic::error("impossible-range", message).at(fact.place(&path)));
            }
            let hides = sets.iter().any(|earlier| *earlier & !set == 0);
            let crosses = sets.iter().any(|earlier| earlier & set != 0 && set & !earlier != 0);
            if self.problems.len() == before && (hides || crosses) {
                let way = if lower_is_worse { "at_most" } else { "at_least" };
                let message = "this band overlaps an earlier one, which would then never apply as written";
                let help = format!("write bands from mild to severe, each a narrower `{way}` than the one before");
                self.tell(Diagnostic::error("band-overlap", message).at(fact.place(&path)).help(help));
            }
            sets.push(set);
        }
        let reached = |class: usize| sets.iter().any(|set| set >> class & 1 == 1);
        let count = self.indicators[index].classes.len();
        let first = (0..count).find(|class| reached(*class));
        if let Some(gap) = first.and_then(|first| (first..count).find(|class| !reached(*class)))
            && self.problems.len() == before
        {
            let label = self.indicators[index].classes[gap].label.clone();
            let message = format!("the bands of `{}` leave {label} out, although less is in a band", fact.value.id);
            let place = fact.entry.key_place(&[], "bands");
            let help = "a band reaches to the worst end unless a later one takes over";
            self.tell(Diagnostic::error("band-gap", message).at(Some(place)).help(help));
            // Closed here, so that what falls into the gap is not told a second time.
            for class in gap..count {
                if !sets.iter().any(|set| set >> class & 1 == 1) {
                    let before = sets.iter().rposition(|set| class > 0 && set >> (class - 1) & 1 == 1);
                    if let Some(band) = before {
                        sets[band] |= 1 << class;
                    }
                }
            }
        }
        sets
    }

    fn band_classes(&mut self, index: usize, range: &Comparison, entry: &Entry<'_>, path: &[Step<'_>]) -> ClassSet {
        if *range == Comparison::default() {
            let message = "this band says no range";
            let problem = Diagnostic::error("missing-key", message).at(Some(entry.place(path)));
            self.tell(problem.help("write `at_least`, `above`, `at_most` or `below`"));
            return 0;
        }
        self.compare(index, range, entry, path)
    }

    /// Compiles what an answer or a criterion gives.
    pub(super) fn gives(&mut self, gives: &GivesEntry, entry: &Entry<'_>, path: &[Step<'_>]) -> Gives {
        let ranks = [("floor", gives.floor), ("duty", gives.duty), ("counts", gives.counts)];
        let given: Vec<&str> = ranks.iter().filter(|(_, rank)| rank.is_some()).map(|(key, _)| *key).collect();
        if given.len() > 1 {
            let message = format!("`{}` and `{}` stand together; an answer gives one of them", given[0], given[1]);
            let place = entry.key_place(path, given[1]);
            self.tell(Diagnostic::error("two-contributions", message).at(Some(place)));
        }
        let mut checked = |key, rank: Option<_>| rank.map(|rank| self.rank(rank, entry, &step(path, key)));
        let (floor, duty, counts) =
            (checked("floor", gives.floor), checked("duty", gives.duty), checked("counts", gives.counts));
        let contribution = match (floor, duty, counts) {
            (Some(rank), _, _) => Contribution::Floor(rank),
            (None, Some(rank), _) => Contribution::Duty(rank),
            (None, None, Some(rank)) => Contribution::Counts { rank, hardship: gives.hardship },
            (None, None, None) => Contribution::Nothing,
        };
        if gives.hardship && counts.is_none() {
            let message = "`hardship` says how a counted need counts, and nothing is counted here";
            let place = entry.key_place(path, "hardship");
            self.tell(Diagnostic::error("misplaced-hardship", message).at(Some(place)));
        }
        Gives {
            contribution,
            raises: gives.raises,
            considerations: self.list(&gives.consider, entry, &step(path, "consider"), Self::consideration),
            actions: self.list(&gives.actions, entry, &step(path, "actions"), Self::action),
            within: gives.within,
            softens: self.softens(gives, contribution, entry, path),
            says: gives.says.clone(),
        }
    }

    fn softens(
        &mut self,
        gives: &GivesEntry,
        contribution: Contribution,
        entry: &Entry<'_>,
        path: &[Step<'_>],
    ) -> Option<Softens> {
        let (unless, then) = match (&gives.unless, gives.then) {
            (None, None) => return None,
            (Some(unless), Some(then)) => (unless, then),
            (unless, _) => {
                let (is, missing) = if unless.is_some() { ("unless", "then") } else { ("then", "unless") };
                let message = format!("`{is}` stands without `{missing}`");
                let place = entry.key_place(path, is);
                let help = "a floor softens `unless: CONDITION` holds, and `then: N` says to what";
                self.tell(Diagnostic::error("missing-key", message).at(Some(place)).help(help));
                return None;
            }
        };
        let then = self.rank(then, entry, &step(path, "then"));
        let (Contribution::Floor(rank) | Contribution::Duty(rank)) = contribution else {
            let message = "`unless` softens a floor or a duty, and there is none here";
            let place = entry.key_place(path, "unless");
            self.tell(Diagnostic::error("misplaced-unless", message).at(Some(place)));
            return None;
        };
        if then >= rank {
            let message = format!("softening {rank} to {then} softens nothing");
            let place = entry.place(&step(path, "then"));
            self.tell(Diagnostic::error("impossible-range", message).at(Some(place)));
        }
        let mut names = Vec::new();
        names_in(unless, &mut names);
        let unless = self.condition(unless, entry, &step(path, "unless"));
        let rests_on = self.reads_of(&unless);
        Some(Softens { unless, then, rests_on })
    }
}

fn class(answer: Answer, label: String, gives: &GivesEntry) -> AnswerClass {
    AnswerClass { answer, label, gives: Gives::default(), opens: TopicSet::EMPTY, retired: gives.retired.clone() }
}

fn step<'s>(path: &[Step<'s>], key: &'s str) -> Vec<Step<'s>> {
    let mut longer = path.to_vec();
    longer.push(Step::Key(key));
    longer
}

/// An id as the start of a sentence.
fn sentence(id: &str) -> String {
    let words = id.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

fn range_of(band: &BandEntry) -> Comparison {
    let number = |value: Option<i64>| value.map(Scalar::Number);
    Comparison {
        at_least: number(band.at_least),
        above: number(band.above),
        at_most: number(band.at_most),
        below: number(band.below),
        ..Comparison::default()
    }
}

/// Where a comparison cuts a number's range: the lowest numbers of the ranges it begins.
fn cuts_of(comparison: &Comparison) -> Vec<i64> {
    let Comparison { is, one_of, at_least, at_most, above, below } = comparison;
    let number = |value: &Scalar| match value {
        Scalar::Number(number) => Some(*number),
        Scalar::Bool(_) | Scalar::Word(_) => None,
    };
    let from = [at_least, below].into_iter().flatten().filter_map(number);
    let after = [at_most, above].into_iter().flatten().filter_map(number).filter_map(|number| number.checked_add(1));
    let exact = is.iter().chain(one_of.iter().flatten()).filter_map(number);
    let exact = exact.flat_map(|number| [Some(number), number.checked_add(1)]).flatten();
    from.chain(after).chain(exact).collect()
}
