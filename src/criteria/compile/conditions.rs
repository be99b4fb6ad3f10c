//! Conditions: names resolved, comparisons turned into sets of classes.

use super::compiler::Compiler;
use crate::criteria::entries::{Comparison, ConditionEntry, NeedEntry, Scalar, TestEntry};
use crate::criteria::yaml::{Entry, Step};
use crate::criteria::{ClassSet, Condition, Domain, Kind, Need, NeedSet};
use crate::diagnostic::Diagnostic;
use crate::facts::{Answer, FactIndex, FactSet};

/// Every id that a condition names, criteria among them.
pub(super) fn names_in<'c>(condition: &'c ConditionEntry, ids: &mut Vec<&'c str>) {
    match condition {
        ConditionEntry::All(parts) | ConditionEntry::Any(parts) => parts.iter().for_each(|part| names_in(part, ids)),
        ConditionEntry::Not(part) | ConditionEntry::Stated(part) => names_in(part, ids),
        ConditionEntry::Bare(id) | ConditionEntry::Fact(id, _) => ids.push(id),
        ConditionEntry::Need(_) | ConditionEntry::Script(_) => {}
    }
}

/// Whether a condition looks at needs itself.
pub(super) fn has_need(condition: &ConditionEntry) -> bool {
    match condition {
        ConditionEntry::All(parts) | ConditionEntry::Any(parts) => parts.iter().any(has_need),
        ConditionEntry::Not(part) | ConditionEntry::Stated(part) => has_need(part),
        ConditionEntry::Need(_) => true,
        ConditionEntry::Bare(_) | ConditionEntry::Fact(..) | ConditionEntry::Script(_) => false,
    }
}

/// Every comparison of a number fact, so that its range can be cut where any rule looks.
pub(super) fn comparisons<'c>(condition: &'c ConditionEntry, found: &mut Vec<(&'c str, &'c Comparison)>) {
    match condition {
        ConditionEntry::All(parts) | ConditionEntry::Any(parts) => {
            parts.iter().for_each(|part| comparisons(part, found));
        }
        ConditionEntry::Not(part) | ConditionEntry::Stated(part) => comparisons(part, found),
        ConditionEntry::Fact(id, TestEntry::Compare(comparison)) => found.push((id, comparison)),
        ConditionEntry::Bare(_) | ConditionEntry::Fact(..) | ConditionEntry::Need(_) | ConditionEntry::Script(_) => {}
    }
}

/// What stands for a condition that was told to be wrong; the rule set that holds it never exists.
const BROKEN: Condition = Condition::Any(Vec::new());

impl Compiler<'_, '_> {
    /// Compiles a condition that stands at a path of an entry.
    pub(super) fn condition(&mut self, condition: &ConditionEntry, entry: &Entry<'_>, path: &[Step<'_>]) -> Condition {
        let under = |steps: &[Step<'static>]| {
            let mut longer: Vec<Step<'_>> = path.to_vec();
            longer.extend_from_slice(steps);
            longer
        };
        match condition {
            ConditionEntry::All(parts) => Condition::All(self.parts(parts, entry, &under(&["all".into()]))),
            ConditionEntry::Any(parts) => Condition::Any(self.parts(parts, entry, &under(&["any".into()]))),
            ConditionEntry::Not(part) => {
                let inner = self.condition(part, entry, &under(&["not".into()]));
                self.negated(inner, entry, &under(&["not".into()]))
            }
            ConditionEntry::Bare(id) => self.bare(id, entry, path),
            ConditionEntry::Fact(id, test) => {
                let place = entry.key_place(path, id);
                let Some(&fact) = self.names.facts.get(id.as_str()) else {
                    let problem = if self.names.criteria.contains_key(id.as_str()) {
                        let message = format!("`{id}` is a criterion, and has no answer to compare");
                        Diagnostic::error("wrong-test", message).help(format!("write `{id}` alone"))
                    } else {
                        let message = format!("`{id}` is a fact that no file defines");
                        Diagnostic::error("unknown-fact", message).suggest(id, self.names.facts.keys().copied())
                    };
                    self.tell_unknown(problem.at(Some(place)), id);
                    return BROKEN;
                };
                let mut longer = path.to_vec();
                longer.push(Step::Key(id));
                match self.classes_of(fact, test, entry, &longer) {
                    Some(classes) => Condition::Test { fact, classes },
                    None => BROKEN,
                }
            }
            ConditionEntry::Need(need) => Condition::Need(self.need(need, entry, &under(&["need".into()]))),
            ConditionEntry::Stated(part) => {
                let path = under(&["stated".into()]);
                // A protective fact's bare id means that it is there, which is all that can be stated of it.
                if let ConditionEntry::Bare(id) = part.as_ref()
                    && let Some(&fact) = self.names.facts.get(id.as_str())
                    && self.draft.indicators().nth(fact).is_some_and(|(_, fact)| fact.value.protects)
                {
                    return Condition::Stated { fact, classes: 1 };
                }
                match self.condition(part, entry, &path) {
                    Condition::Test { fact, classes } => Condition::Stated { fact, classes },
                    Condition::Any(parts) if parts.is_empty() => BROKEN,
                    _ => {
                        let message = "`stated` takes one fact and its answer";
                        let problem = Diagnostic::error("wrong-test", message).at(Some(entry.place(&path)));
                        self.tell(problem.help("write `stated: { FACT: true }` for each fact, in an `all`"));
                        BROKEN
                    }
                }
            }
            ConditionEntry::Script(script) => {
                match self.tables.iter().position(|table| table.name == script.name) {
                    Some(table) => Condition::Table(table),
                    // The script was told to be wrong where it was read.
                    None => BROKEN,
                }
            }
        }
    }

    fn parts(&mut self, parts: &[ConditionEntry], entry: &Entry<'_>, path: &[Step<'_>]) -> Vec<Condition> {
        if parts.is_empty() {
            let message = "an empty list says nothing";
            self.tell(Diagnostic::error("empty-condition", message).at(Some(entry.place(path))));
        }
        let mut compiled = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let mut longer = path.to_vec();
            longer.push(index.into());
            compiled.push(self.condition(part, entry, &longer));
        }
        compiled
    }

    fn bare(&mut self, id: &str, entry: &Entry<'_>, path: &[Step<'_>]) -> Condition {
        if let Some(&file) = self.names.criteria.get(id) {
            return Condition::Holds(self.order.index[file]);
        }
        let place = entry.place(path);
        let Some(&fact) = self.names.facts.get(id) else {
            let message = format!("`{id}` is neither a fact nor a criterion");
            let problem = Diagnostic::error("unknown-fact", message).at(Some(place));
            self.tell_unknown(problem.suggest(id, self.names.all()), id);
            return BROKEN;
        };
        let indicator = &self.indicators[fact];
        let problem = match indicator.kind {
            Kind::YesNo { concern: true } => return Condition::Test { fact, classes: 0b10 },
            Kind::YesNo { concern: false } => {
                let message = format!("`{id}` alone is easily misread: its side of concern is NO");
                Diagnostic::error("easily-misread", message).help(format!("write `{{ {id}: false }}`"))
            }
            Kind::Choice | Kind::Number { .. } => {
                let message = format!("`{id}` has more than two answers; say which are meant");
                let example = indicator.classes.last().map(|last| word_of(&last.answer)).unwrap_or_default();
                Diagnostic::error("wrong-test", message).help(format!("write `{{ {id}: {{ at_least: {example} }} }}`"))
            }
        };
        self.tell(problem.at(Some(place)));
        BROKEN
    }

    fn negated(&mut self, inner: Condition, entry: &Entry<'_>, path: &[Step<'_>]) -> Condition {
        match inner {
            Condition::Any(parts) if parts.is_empty() => BROKEN,
            // Gates are free of the shape rule, so any test of one fact may be turned round there; a criterion that
            // does so is told by the shape check.
            Condition::Test { fact, classes } => {
                let all = all_classes(self.indicators[fact].classes.len());
                Condition::Test { fact, classes: all & !classes }
            }
            _ => {
                let message = "`not` stands only round one yes/no fact";
                let problem = Diagnostic::error("misplaced-not", message).at(Some(entry.place(path)));
                self.tell(problem.help("say what must hold instead of what must not"));
                BROKEN
            }
        }
    }

    /// The needs a condition looks at.
    pub(super) fn need(&mut self, need: &NeedEntry, entry: &Entry<'_>, path: &[Step<'_>]) -> Need {
        let with = |key| {
            let mut longer: Vec<Step<'_>> = path.to_vec();
            longer.push(Step::Key(key));
            longer
        };
        let at = self.rank(need.at, entry, &with("at"));
        let mut among: NeedSet = match &need.domains {
            None => (0..NeedSet::CAPACITY).collect(),
            Some(domains) => domains
                .iter()
                .filter_map(|domain| Domain::of(*domain))
                .fold(NeedSet::EMPTY, |set, domain| set.or(&self.needs_of_domain[domain as usize])),
        };
        for (index, id) in need.besides.iter().enumerate() {
            match self.need_of(id) {
                Some(owner) => {
                    among.remove(owner);
                    // A fact or a criterion told with another is one need with it.
                    if let Some(&with) = self.counts_with(id).and_then(|with| self.names.facts.get(with)) {
                        among.remove(with);
                    }
                }
                None => {
                    let mut path = with("besides");
                    path.push(index.into());
                    let message = format!("`{id}` is neither a fact nor a criterion");
                    let problem = Diagnostic::error("unknown-fact", message).at(Some(entry.place(&path)));
                    self.tell_unknown(problem.suggest(id, self.names.all()), id);
                }
            }
        }
        Need { at, among, beside: NeedSet::EMPTY, harm: need.harm }
    }

    /// The fact with which a fact or a criterion is one need.
    fn counts_with(&self, id: &str) -> Option<&str> {
        let fact = self.names.facts.get(id).and_then(|fact| self.draft.indicators().nth(*fact));
        let criterion = self.names.criteria.get(id).and_then(|file| self.draft.criteria().nth(*file));
        let fact = fact.and_then(|(_, fact)| fact.value.counts_with.as_deref());
        fact.or_else(|| criterion.and_then(|(_, criterion)| criterion.value.counts_with.as_deref()))
    }

    /// Every fact that a condition reads, through other criteria too.
    pub(super) fn reads_of(&self, condition: &Condition) -> FactSet {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().fold(FactSet::EMPTY, |set, part| set.or(&self.reads_of(part)))
            }
            Condition::Test { fact, .. } | Condition::Stated { fact, .. } => [*fact].into_iter().collect(),
            Condition::Holds(criterion) => self.reads[self.order.files[*criterion]],
            Condition::Need(_) => FactSet::EMPTY,
            Condition::Table(table) => self.tables[*table].reads.iter().copied().collect(),
        }
    }

    /// The classes of a fact that pass a test.
    fn classes_of(
        &mut self,
        fact: FactIndex,
        test: &TestEntry,
        entry: &Entry<'_>,
        path: &[Step<'_>],
    ) -> Option<ClassSet> {
        let before = self.problems.len();
        let set = match test {
            TestEntry::YesNo(value) => self.equal_to(fact, &Scalar::Bool(*value), entry, path),
            TestEntry::Compare(comparison) => self.compare(fact, comparison, entry, path),
        };
        if self.problems.len() > before {
            return None;
        }
        let id = &self.indicators[fact].id;
        let all = all_classes(self.indicators[fact].classes.len());
        let (code, message) = if set == 0 {
            ("impossible-range", format!("no answer to `{id}` passes this test, so it can never hold"))
        } else if set == all && !self.in_gate {
            ("impossible-range", format!("every answer to `{id}` passes this test, so it says nothing"))
        } else {
            return Some(set);
        };
        self.tell(Diagnostic::error(code, message).at(Some(entry.place(path))));
        None
    }

    pub(super) fn compare(
        &mut self,
        fact: FactIndex,
        comparison: &Comparison,
        entry: &Entry<'_>,
        path: &[Step<'_>],
    ) -> ClassSet {
        let at = |key: &'static str| {
            let mut longer: Vec<Step<'_>> = path.to_vec();
            longer.push(Step::Key(key));
            longer
        };
        let Comparison { is, one_of, at_least, at_most, above, below } = comparison;
        let mut set = all_classes(self.indicators[fact].classes.len());
        let mut parts = 0;
        if let Some(value) = is {
            parts += 1;
            set &= self.equal_to(fact, value, entry, &at("is"));
        }
        if let Some(values) = one_of {
            parts += 1;
            let mut any = 0;
            for (index, value) in values.iter().enumerate() {
                let mut path = at("one_of");
                path.push(index.into());
                any |= self.equal_to(fact, value, entry, &path);
            }
            set &= any;
        }
        let ordered = [("at_least", at_least), ("at_most", at_most), ("above", above), ("below", below)];
        for (key, value) in ordered {
            if let Some(value) = value {
                parts += 1;
                set &= self.beyond(fact, key, value, entry, &at(key));
            }
        }
        if parts == 0 {
            let message = "this test compares with nothing";
            let problem = Diagnostic::error("wrong-test", message).at(Some(entry.place(path)));
            self.tell(problem.help("write `is`, `one_of`, `at_least`, `at_most`, `above` or `below`"));
        }
        set
    }

    /// The classes of exactly one answer.
    pub(super) fn equal_to(
        &mut self,
        fact: FactIndex,
        value: &Scalar,
        entry: &Entry<'_>,
        path: &[Step<'_>],
    ) -> ClassSet {
        let indicator = &self.indicators[fact];
        let set = match (&indicator.kind, value) {
            (Kind::Number { from, to, .. }, Scalar::Number(number)) if number >= from && number <= to => {
                indicator.class_of_number(*number).map(|class| 1 << class)
            }
            _ => indicator
                .classes
                .iter()
                .position(|class| {
                    !matches!(class.answer, Answer::Number(_)) && word_of(&class.answer) == value.to_string()
                })
                .filter(|_| !matches!((&indicator.kind, value), (Kind::YesNo { .. }, Scalar::Word(_))))
                .map(|class| 1 << class),
        };
        set.unwrap_or_else(|| {
            self.not_an_answer(fact, value, entry, path);
            0
        })
    }

    fn beyond(&mut self, fact: FactIndex, key: &str, value: &Scalar, entry: &Entry<'_>, path: &[Step<'_>]) -> ClassSet {
        let indicator = &self.indicators[fact];
        let classes = indicator.classes.iter().enumerate();
        let keep = |wanted: &dyn Fn(usize, &Answer) -> bool| {
            classes.filter(|(index, class)| wanted(*index, &class.answer)).fold(0, |set, (index, _)| set | 1 << index)
        };
        match (&indicator.kind, value) {
            (Kind::Number { from, to, .. }, Scalar::Number(limit)) => {
                if limit < from || limit > to {
                    self.not_an_answer(fact, value, entry, path);
                    return 0;
                }
                // A class answers with its lowest number, and no class straddles a limit that any rule names.
                keep(&|_, answer| match answer {
                    Answer::Number(number) => match key {
                        "at_least" => number >= limit,
                        "above" => number > limit,
                        "at_most" => number <= limit,
                        _ => number < limit,
                    },
                    Answer::YesNo(_) | Answer::Word(_) => false,
                })
            }
            (Kind::Choice, Scalar::Word(word)) => {
                let position = indicator.classes.iter().position(|class| word_of(&class.answer) == *word);
                let Some(position) = position else {
                    self.not_an_answer(fact, value, entry, path);
                    return 0;
                };
                if self.draft.indicators().nth(fact).is_some_and(|(_, fact)| !fact.value.ordered) {
                    let message = format!("the answers to `{}` have no order to compare by", indicator.id);
                    let problem = Diagnostic::error("wrong-test", message).at(Some(entry.place(path)));
                    self.tell(problem.help("write `is:` or `one_of:`"));
                    return 0;
                }
                keep(&|index, _| match key {
                    "at_least" => index >= position,
                    "above" => index > position,
                    "at_most" => index <= position,
                    _ => index < position,
                })
            }
            (Kind::YesNo { .. }, _) => {
                let message = format!("`{}` is answered yes or no, which have no order to compare by", indicator.id);
                let help = format!("write `{{ {}: true }}` or `{{ {}: false }}`", indicator.id, indicator.id);
                self.tell(Diagnostic::error("wrong-test", message).at(Some(entry.place(path))).help(help));
                0
            }
            _ => {
                self.not_an_answer(fact, value, entry, path);
                0
            }
        }
    }

    fn not_an_answer(&mut self, fact: FactIndex, value: &Scalar, entry: &Entry<'_>, path: &[Step<'_>]) {
        let indicator = &self.indicators[fact];
        let message = format!("`{value}` is not an answer to `{}`", indicator.id);
        let problem = Diagnostic::error("unknown-answer", message).at(Some(entry.place(path)));
        let problem = match &indicator.kind {
            Kind::YesNo { .. } => problem.help("its answers are `true` and `false`"),
            Kind::Number { from, to, .. } => problem.help(format!("its answers are whole numbers from {from} to {to}")),
            Kind::Choice => {
                let answers: Vec<String> = indicator.classes.iter().map(|class| word_of(&class.answer)).collect();
                match crate::diagnostic::nearest(&value.to_string(), answers.iter().map(String::as_str)) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help(format!("its answers are: {}", answers.join(", "))),
                }
            }
        };
        self.tell(problem);
    }
}

/// An answer as a rule file writes it.
pub(crate) fn word_of(answer: &Answer) -> String {
    match answer {
        Answer::YesNo(value) => value.to_string(),
        Answer::Number(number) => number.to_string(),
        Answer::Word(word) => word.clone(),
    }
}

/// The set of all classes of a fact that has so many.
pub(crate) fn all_classes(count: usize) -> ClassSet {
    if count >= 128 { ClassSet::MAX } else { (1 << count) - 1 }
}
