//! What is listed once: actions, considerations, codes, letters to families, and what senders' columns mean.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::{Decides, Of};
use crate::calendar::Clock;
use crate::criteria::entries::AnsweredBy;
use crate::criteria::in_words::{all_of, named};
use crate::criteria::{Column, Mapping, Purpose, RuleSet};
use crate::facts::Said;

pub(super) fn entries(rules: &RuleSet) -> Vec<Entry> {
    let actions = rules.actions.iter().map(|action| {
        Entry::new(Of::Action, &action.id, "actions.yaml", &action.says, Decides::Practice)
            .practice("what to do", &action.says)
            .practice("how soon", action.within.map(|within| within.to_string()).unwrap_or_default())
            .practice(
                "when its hours run",
                match action.clock {
                    Clock::Always => "day and night",
                    Clock::Office => "in office hours",
                },
            )
            .list("the source", Decides::Words, action.source.clone())
    });
    let considerations = rules.considerations.iter().map(|one| {
        Entry::new(Of::Consideration, &one.id, "actions.yaml", &one.says, Decides::Practice)
            .practice("what a manager answers", &one.says)
            .practice("shown below", format!("level {}", one.until_level))
    });
    let code_lists = rules.framework.code_lists.iter().map(|list| {
        let entry = Entry::new(Of::CodeList, &list.id, "code_lists.yaml", &list.title, Decides::Practice)
            .words("the title", &list.title)
            .list("the source", Decides::Words, list.source.clone());
        list.codes.iter().fold(entry, |entry, code| {
            let note = code.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            entry.practice(&format!("the code {}", code.code), format!("{}{note}", code.means))
        })
    });
    let mut entries: Vec<Entry> = actions.chain(considerations).chain(code_lists).collect();
    entries.push(letters(rules));
    entries.extend(stages(rules));
    entries.extend(rules.mappings.iter().map(mapping));
    entries
}

fn letters(rules: &RuleSet) -> Entry {
    let mut entry = Entry::new(Of::Letter, "letters", "letters.yaml", "what families are told", Decides::Words);
    for (place, says) in rules.letters.levels.iter().enumerate() {
        entry = entry.words(&format!("of level {}", place + 1), says);
    }
    for (fact, says) in &rules.letters.needs {
        entry = entry.words(&format!("of {}", named(&rules.indicators[*fact].id)), says);
    }
    entry
}

fn stages(rules: &RuleSet) -> impl Iterator<Item = Entry> {
    rules.letters.disagreement.iter().enumerate().map(|(place, stage)| {
        let answered_by = match stage.answered_by {
            AnsweredBy::Decider => "whoever may decide",
            AnsweredBy::Manager => "a manager",
            AnsweredBy::Named => "somebody who is named",
        };
        Entry::new(Of::Stage, &stage.id, "letters.yaml", &stage.who, Decides::Practice)
            .practice("its place", (place + 1).to_string())
            .practice("who records the answer", answered_by)
            .practice("how soon", stage.within.to_string())
            .words("who answers", &stage.who)
            .list("the source", Decides::Words, stage.source.clone())
    })
}

fn mapping(mapping: &Mapping) -> Entry {
    let file = format!("mappings/{}.yaml", mapping.id);
    let mut entry = Entry::new(Of::Mapping, &mapping.id, file, &mapping.title, Decides::Level)
        .practice("who sends such files", mapping.agency.replace('_', " "))
        .practice("the code of the census", &mapping.source_code)
        .list("the topics raised", Decides::Practice, mapping.concerns.clone())
        .words("the title", &mapping.title);
    for column in &mapping.columns {
        entry = entry.level(&format!("the column “{}”", column.name), purpose(column));
    }
    entry
}

/// What a column is for, with every word that it may hold.
fn purpose(column: &Column) -> String {
    let formed = |what: &str, form: &str| format!("{what} as {form}");
    let says = match &column.purpose {
        Purpose::Incident => "the incident's number".to_owned(),
        Purpose::Household => "where the children live".to_owned(),
        Purpose::People => "who lives there".to_owned(),
        Purpose::ReceivedAt(form) => formed("when it was received", form),
        Purpose::ChildName => "the child's name".to_owned(),
        Purpose::DateOfBirth(form) => formed("the date of birth", form),
        Purpose::DueDate(form) => formed("the due date", form),
        Purpose::NhsNumber => "the NHS number".to_owned(),
        Purpose::Reference => "the sender's name for the child".to_owned(),
        Purpose::ReferrerName => "who sends it".to_owned(),
        Purpose::ReferrerRole => "their role".to_owned(),
        Purpose::ReferrerContact => "how to reach them".to_owned(),
        Purpose::Account(heading) => formed("a part of the account", heading),
        Purpose::Concern(words) => {
            let words = words.iter().map(|(word, topics)| format!("“{word}” raises {}", all_of(topics)));
            words.collect::<Vec<_>>().join("; ").replace('_', " ")
        }
        Purpose::Fact { fact, words, whole_number, empty, .. } => {
            let mut says = vec![format!("answers {}", named(fact))];
            says.extend(answers(words));
            says.extend(whole_number.then(|| "a whole number is itself".to_owned()));
            says.extend(empty.as_ref().map(|empty| format!("an empty cell is {}", said(empty))));
            says.join("; ")
        }
        Purpose::Ignored => "ignored".to_owned(),
    };
    if column.optional { format!("{says}; a file may lack it") } else { says }
}

fn answers(words: &BTreeMap<String, Said>) -> impl Iterator<Item = String> {
    words.iter().map(|(word, answer)| format!("“{word}” is {}", said(answer)))
}

fn said(said: &Said) -> String {
    match said {
        Said::Answer(answer) => answer.to_string(),
        Said::TwoAccounts(one, other) => format!("{one}, and {other}"),
        Said::NotKnown => "not known".to_owned(),
        Said::Refused => "refused".to_owned(),
    }
}
