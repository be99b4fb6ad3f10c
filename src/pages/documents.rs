//! The documents that are made from the rules in force, to take away and print.

use super::asked::{Answer, Answered, Asked, Refused};
use crate::documents::{Made, NotMade, made};
use crate::publish::Form;

pub(super) fn list(asked: &Asked) -> Answered {
    let rows = Made::ALL.iter().map(|(_, word, title, whom)| {
        view! { title, whom, html => format!("/documents/{word}.html"), md => format!("/documents/{word}.md") }
    });
    asked.page("documents.html", "Documents", view! { rows => rows.collect::<Vec<_>>() })
}

pub(super) fn file(asked: &Asked) -> Answered {
    let (word, ending) = asked.part("file").split_once('.').ok_or(Refused::NotFound)?;
    let (which, ..) = Made::ALL.iter().find(|(_, known, ..)| *known == word).ok_or(Refused::NotFound)?;
    let (form, kind) = match ending {
        "html" => (Form::Html, "text/html; charset=utf-8"),
        "md" => (Form::Markdown, "text/markdown; charset=utf-8"),
        _ => return Err(Refused::NotFound),
    };
    let record = asked.record()?;
    let files = record.rule_set_files(&asked.rules.id().digest)?;
    let text = made(*which, &asked.rules, &files, Some(record), form).map_err(|why| match why {
        NotMade::Template(error) => Refused::from(error),
        NotMade::Record(error) => error.into(),
    })?;
    let name = format!("{}-{}-{}", asked.rules.id().framework, asked.rules.id().version, asked.part("file"));
    Ok(Answer::Download(kind, name, text.into_bytes()))
}
