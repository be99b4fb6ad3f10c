//! Mappings: every column says one thing, every word answers something that the rule set knows, nothing is left to guess.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;

use crate::criteria::draft::{Draft, MappingDraft, Placed};
use crate::criteria::entries::{About, ColumnEntry, ColumnIs, Scalar};
use crate::criteria::mapping::{Column, Mapping, Purpose, folded};
use crate::criteria::rule_set::{Kind, RuleSet};
use crate::diagnostic::Diagnostic;
use crate::facts::{Answer, Said};

/// Every mapping of a folder.
pub(super) fn mappings(draft: &Draft<'_>, rules: &RuleSet, problems: &mut Vec<Diagnostic>) -> Vec<Mapping> {
    let mut reader = Reader { broken: &draft.broken, unread: draft.unread, of_children: true, rules, problems };
    draft.mappings.iter().map(|mapping| reader.mapping(mapping)).collect()
}

/// A mapping that stands outside of a rules folder and reads a table of which each row is evaluated alone: it need not
/// say what belongs together, nor who anybody is.
pub(in crate::criteria) fn of_rows(
    mapping: &MappingDraft<'_>,
    rules: &RuleSet,
    problems: &mut Vec<Diagnostic>,
) -> Mapping {
    Reader { broken: &BTreeSet::new(), unread: false, of_children: false, rules, problems }.mapping(mapping)
}

struct Reader<'r, 'p> {
    /// Ids of entries of the folder that could not be typed.
    broken: &'r BTreeSet<String>,
    /// Whether some topic's file could not be read, so that an unknown name may stand in it.
    unread: bool,
    /// Whether rows become referrals of children who are named.
    of_children: bool,
    rules: &'r RuleSet,
    problems: &'p mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn mapping(&mut self, mapping: &MappingDraft<'_>) -> Mapping {
        let head = &mapping.head;
        let framework = self.rules.framework();
        let agencies = || framework.agencies.iter().map(|agency| agency.id.as_str());
        if !agencies().any(|known| known == head.value.agency) {
            let message = format!("agency `{}` is not listed under `agencies` in framework.yaml", head.value.agency);
            let problem = Diagnostic::error("unknown-agency", message).at(head.place(&["agency".into()]));
            self.problems.push(problem.suggest(&head.value.agency, agencies()));
        }
        let sources = framework.code_lists.iter().find(|list| list.id == "referral_sources");
        if let Some(list) = sources
            && !list.codes.iter().any(|known| known.code == head.value.source_code)
        {
            let message = format!("`{}` is no code of the list `referral_sources`", head.value.source_code);
            self.problems.push(Diagnostic::error("unknown-code", message).at(head.place(&["source_code".into()])));
        }
        self.topics(&head.value.concerns, |index| head.place(&["concerns".into(), index.into()]));
        let mut seen = BTreeSet::new();
        let mut columns = Vec::new();
        for placed in &mapping.columns {
            if !seen.insert(folded(&placed.value.column)) {
                let message = format!("column `{}` stands twice", placed.value.column);
                let problem = Diagnostic::error("duplicate-id", message).at(placed.place(&["column".into()]));
                self.problems.push(problem.help("one column is for one thing"));
            }
            columns.extend(self.column(placed));
        }
        if mapping.columns.len() > Mapping::MAX_COLUMNS {
            let (count, most) = (mapping.columns.len(), Mapping::MAX_COLUMNS);
            let message = format!("the mapping has {count} columns; a file has at most {most}");
            self.problems.push(Diagnostic::error("too-many", message).at(head.place(&["mapping".into()])));
        }
        self.once_each(mapping);
        Mapping {
            id: head.value.mapping.clone(),
            title: head.value.title.clone(),
            agency: head.value.agency.clone(),
            source_code: head.value.source_code.clone(),
            concerns: head.value.concerns.clone(),
            columns,
        }
    }

    /// What a mapping must have, and what it may have only once.
    fn once_each(&mut self, mapping: &MappingDraft<'_>) {
        use ColumnIs::{
            ChildName, DateOfBirth, DueDate, Household, Incident, NhsNumber, ReceivedAt, Reference, ReferrerContact,
            ReferrerName, ReferrerRole,
        };
        let of = |is: ColumnIs| mapping.columns.iter().filter(move |placed| placed.value.is == Some(is));
        for is in [
            Incident,
            ReceivedAt,
            DateOfBirth,
            DueDate,
            NhsNumber,
            Reference,
            ReferrerName,
            ReferrerRole,
            ReferrerContact,
        ] {
            if let Some(again) = of(is).nth(1) {
                let message = "another column says this already, and which one holds cannot be told";
                self.problems.push(Diagnostic::error("duplicate-purpose", message).at(again.place(&["is".into()])));
            }
        }
        let needed: [(&[ColumnIs], &str); 3] = [
            (&[Incident], "`is: incident`: rows of one incident belong together"),
            (&[Household], "`is: household`: rows of one household belong together"),
            (&[ChildName, NhsNumber], "`is: child_name` or `is: nhs_number`: each row is about a child"),
        ];
        for (any, what) in needed {
            let there = any.iter().any(|is| of(*is).any(|placed| !placed.value.optional));
            if !there && self.of_children && !mapping.unread {
                let message = format!("no column that every file has says {what}");
                let place = mapping.head.place(&["mapping".into()]);
                self.problems.push(Diagnostic::error("missing-column", message).at(place));
            }
        }
    }

    fn tell(&mut self, placed: &Placed<'_, ColumnEntry>, key: &str, code: &'static str, message: String) {
        self.problems.push(Diagnostic::error(code, message).at(placed.place(&[key.into()])));
    }

    fn column(&mut self, placed: &Placed<'_, ColumnEntry>) -> Option<Column> {
        let entry = &placed.value;
        let purpose = match (entry.is, &entry.fact) {
            (Some(_), Some(_)) => {
                let message = format!("column `{}` is for two things: `is` and `fact`", entry.column);
                self.tell(placed, "fact", "two-keys", message);
                return None;
            }
            (None, None) => {
                let message =
                    format!("column `{}` does not say what it is for: `is` or `fact` is missing", entry.column);
                self.tell(placed, "column", "missing-key", message);
                return None;
            }
            (None, Some(fact)) => self.fact(placed, fact)?,
            (Some(is), None) => self.plain(placed, is)?,
        };
        self.fitting(placed);
        Some(Column { name: entry.column.clone(), purpose, optional: entry.optional })
    }

    /// Keys that mean nothing beside what the column is for.
    fn fitting(&mut self, placed: &Placed<'_, ColumnEntry>) {
        let entry = &placed.value;
        let is = entry.is;
        let dated = matches!(is, Some(ColumnIs::ReceivedAt | ColumnIs::DateOfBirth | ColumnIs::DueDate));
        let keys = [
            ("form", entry.form.is_some(), dated),
            ("heading", entry.heading.is_some(), is == Some(ColumnIs::Account)),
            ("words", !entry.words.is_empty(), is.is_none()),
            ("whole_number", entry.whole_number, is.is_none()),
            ("empty", entry.empty.is_some(), is.is_none()),
            ("raises", !entry.raises.is_empty(), is == Some(ColumnIs::Concern)),
            ("because", entry.because.is_some(), is == Some(ColumnIs::Ignored)),
        ];
        for (key, given, fits) in keys {
            if given && !fits {
                let message = format!("`{key}` means nothing for what column `{}` is", entry.column);
                self.problems
                    .push(Diagnostic::error("misplaced-key", message).at(Some(placed.entry.key_place(&[], key))));
            }
        }
    }

    fn plain(&mut self, placed: &Placed<'_, ColumnEntry>, is: ColumnIs) -> Option<Purpose> {
        let entry = &placed.value;
        let mut needs = |value: &Option<String>, key: &str, what: &str| {
            if value.is_none() {
                let message = format!("column `{}` needs `{key}`: {what}", entry.column);
                self.tell(placed, "is", "missing-key", message);
            }
            value.clone()
        };
        Some(match is {
            ColumnIs::Incident => Purpose::Incident,
            ColumnIs::Household => Purpose::Household,
            ColumnIs::People => Purpose::People,
            ColumnIs::ChildName => Purpose::ChildName,
            ColumnIs::NhsNumber => Purpose::NhsNumber,
            ColumnIs::Reference => Purpose::Reference,
            ColumnIs::ReferrerName => Purpose::ReferrerName,
            ColumnIs::ReferrerRole => Purpose::ReferrerRole,
            ColumnIs::ReferrerContact => Purpose::ReferrerContact,
            ColumnIs::Account => {
                Purpose::Account(needs(&entry.heading, "heading", "what stands above it in the account")?)
            }
            ColumnIs::Ignored => {
                needs(&entry.because, "because", "why nothing in it matters")?;
                Purpose::Ignored
            }
            ColumnIs::ReceivedAt => {
                let form = needs(&entry.form, "form", "how the time is written, such as \"%d/%m/%Y %H:%M\"")?;
                self.form(placed, &form, is_form_of_time(&form));
                Purpose::ReceivedAt(form)
            }
            ColumnIs::DateOfBirth | ColumnIs::DueDate => {
                let form = needs(&entry.form, "form", "how the date is written, such as \"%d/%m/%Y\"")?;
                self.form(placed, &form, is_form_of_date(&form));
                if is == ColumnIs::DateOfBirth { Purpose::DateOfBirth(form) } else { Purpose::DueDate(form) }
            }
            ColumnIs::Concern => {
                if entry.raises.is_empty() {
                    let message = format!("column `{}` needs `raises`: the topics of each word", entry.column);
                    self.tell(placed, "is", "missing-key", message);
                }
                for (word, topics) in &entry.raises {
                    self.topics(topics, |index| placed.place(&["raises".into(), word.as_str().into(), index.into()]));
                }
                Purpose::Concern(self.each_once(placed, "raises", &entry.raises))
            }
        })
    }

    fn form(&mut self, placed: &Placed<'_, ColumnEntry>, form: &str, fine: bool) {
        if !fine {
            let message = format!("`{form}` does not tell a whole date or time");
            let problem = Diagnostic::error("wrong-form", message).at(placed.place(&["form".into()]));
            self.problems.push(problem.help("days are %d, months %m, years %Y, hours %H, minutes %M"));
        }
    }

    fn topics(&mut self, topics: &[String], place: impl Fn(usize) -> Option<crate::diagnostic::Place>) {
        let known = || self.rules.topics().iter().map(|topic| topic.id.as_str());
        let mut found = Vec::new();
        for (index, topic) in topics.iter().enumerate() {
            if !known().any(|known| known == topic) && !self.unread {
                let message = format!("`{topic}` is no topic of this rule set");
                let problem = Diagnostic::error("unknown-topic", message).at(place(index));
                found.push(problem.suggest(topic, known()));
            }
        }
        self.problems.extend(found);
    }

    /// Words as they are compared; two that are the same then could mean either.
    fn each_once<T: Clone>(
        &mut self,
        placed: &Placed<'_, ColumnEntry>,
        key: &str,
        words: &indexmap::IndexMap<String, T>,
    ) -> BTreeMap<String, T> {
        let mut all = BTreeMap::new();
        for (word, value) in words {
            if all.insert(folded(word), value.clone()).is_some() {
                let message = format!("the word `{word}` stands twice: capitals and spaces do not tell words apart");
                let place = placed.entry.key_place(&[key.into()], word);
                self.problems.push(Diagnostic::error("duplicate-word", message).at(Some(place)));
            }
        }
        all
    }

    fn fact(&mut self, placed: &Placed<'_, ColumnEntry>, id: &str) -> Option<Purpose> {
        let entry = &placed.value;
        let Some(fact) = self.rules.fact(id) else {
            if !self.broken.contains(id) && !self.unread {
                let message = format!("`{id}` is a fact that no file defines");
                let problem = Diagnostic::error("unknown-fact", message).at(placed.place(&["fact".into()]));
                let known = self.rules.indicators().iter().map(|indicator| indicator.id.as_str());
                self.problems.push(problem.suggest(id, known));
            }
            return None;
        };
        let indicator = &self.rules.indicators()[fact];
        if entry.words.is_empty() && !entry.whole_number {
            let message = format!("column `{}` does not say what its words answer: `words` is missing", entry.column);
            self.tell(placed, "fact", "missing-key", message);
        }
        if entry.whole_number && !matches!(indicator.kind, Kind::Number { .. }) {
            let message = format!("`{id}` does not ask for a number");
            self.tell(placed, "whole_number", "wrong-test", message);
        }
        let mut said = indexmap::IndexMap::new();
        for (word, scalar) in &entry.words {
            let told = self.said(placed, fact, scalar, &["words", word]);
            said.extend(told.map(|told| (word.clone(), told)));
        }
        let empty = entry.empty.as_ref().and_then(|scalar| self.said(placed, fact, scalar, &["empty"]));
        Some(Purpose::Fact {
            fact: id.to_owned(),
            about_child: indicator.about == About::Child,
            words: self.each_once(placed, "words", &said),
            whole_number: entry.whole_number,
            empty,
        })
    }

    /// What a word of the mapping answers, as the fact takes it.
    fn said(&mut self, placed: &Placed<'_, ColumnEntry>, fact: usize, scalar: &Scalar, at: &[&str]) -> Option<Said> {
        let indicator = &self.rules.indicators()[fact];
        let answer = match scalar {
            Scalar::Bool(value) => Answer::YesNo(*value),
            Scalar::Number(number) => Answer::Number(*number),
            Scalar::Word(word) => Answer::Word(word.clone()),
        };
        match (&answer, indicator.class_of(&answer)) {
            (_, Ok(_)) => Some(Said::Answer(answer)),
            (Answer::Word(word), _) if word == "not_known" => Some(Said::NotKnown),
            (Answer::Word(word), _) if word == "refused" => Some(Said::Refused),
            (_, Err(fault)) => {
                let path: Vec<_> = at.iter().map(|step| (*step).into()).collect();
                let problem = Diagnostic::error("unknown-answer", fault.detail).at(placed.place(&path));
                self.problems.push(match fault.suggestion {
                    Some(suggestion) => problem.help(format!("did you mean `{suggestion}`?")),
                    None => problem,
                });
                None
            }
        }
    }
}

/// Whether a form tells a whole date: what is written in it is read again as it was.
fn is_form_of_date(form: &str) -> bool {
    let day = date(2019, 3, 27);
    let written = jiff::fmt::strtime::format(form, day);
    written.is_ok_and(|text| jiff::civil::Date::strptime(form, text).is_ok_and(|read| read == day))
}

/// Whether a form tells a whole time, with an offset or without.
fn is_form_of_time(form: &str) -> bool {
    let time: DateTime = date(2019, 3, 27).at(14, 35, 0, 0);
    let plain = jiff::fmt::strtime::format(form, time);
    let is_plain = plain.is_ok_and(|text| DateTime::strptime(form, text).is_ok_and(|read| read == time));
    let zoned = time.to_zoned_datetime(TimeZone::UTC).ok();
    let is_zoned = zoned.is_some_and(|zoned| {
        let written = jiff::fmt::strtime::format(form, &zoned);
        written.is_ok_and(|text| jiff::Timestamp::strptime(form, text).is_ok_and(|read| read == zoned.timestamp()))
    });
    is_plain || is_zoned
}
