//! The files of a draft of rules: which there are, what stands in each, and each as text for authors who write YAML.

use axum::http::StatusCode;
use serde::Serialize;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::shown_below;
use crate::criteria::yaml::MAX_FILE_BYTES;
use crate::criteria::{RuleFile, load};
use crate::diagnostic::{Diagnostic, Severity};
use crate::form::{Asks, Entered, Field, Wrong};
use crate::record::RecordError;
use crate::record::rule_drafts::RuleDraft;
use crate::revise::{Editable, Known};

/// What the form of a file as text carries beside the text.
const BESIDES: [&str; 3] = [TOKEN, "file", "shown"];
/// How many problems of a file stand above its text; the draft's page lists them all.
const PROBLEMS_SHOWN: usize = 20;

/// A draft that is edited, as this request found it.
pub(super) struct Edited {
    pub draft: RuleDraft,
    /// The page of the draft, where problems and the difference are shown.
    pub home: String,
}

impl Edited {
    pub fn find(asked: &Asked) -> Result<Self, Refused> {
        let draft = asked.record()?.find_rule_draft(asked.part("id"))?;
        let home = format!("/rule-drafts/{}", draft.listed.id);
        Ok(Self { draft, home })
    }

    /// The file that a request names.
    pub fn file(&self, sent: &Entered) -> Result<&RuleFile, Refused> {
        let path = sent.one("file").unwrap_or_default();
        self.draft.files.iter().find(|file| file.path == path).ok_or(Refused::NotFound)
    }

    /// A page of the draft about a file, and something in it.
    pub fn address(&self, page: &str, file: &str, at: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("file", file);
        if let Some(at) = at {
            query.append_pair("at", at);
        }
        format!("{}/{page}?{}", self.home, query.finish())
    }

    /// Saves files in the place of what was found; whether nobody saved others meanwhile.
    pub fn save(&self, asked: &Asked, files: &[RuleFile]) -> Result<bool, Refused> {
        let listed = &self.draft.listed;
        match asked.record()?.revise_rule_draft(asked.permit()?, &listed.id, listed.version, files, asked.now) {
            Ok(()) => {
                asked.front.serving.work_out(&listed.id, listed.version + 1);
                Ok(true)
            }
            Err(RecordError::Moved(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// A file in the list.
#[derive(Debug, Serialize)]
struct Row {
    title: String,
    path: String,
    /// Where its questions and criteria are listed; nothing of a file that has no forms.
    entries: Option<String>,
    text: String,
}

/// Files that are listed together.
#[derive(Debug, Serialize)]
struct Group {
    title: &'static str,
    rows: Vec<Row>,
}

pub(super) fn list(asked: &Asked) -> Answered {
    let edited = Edited::find(asked)?;
    let known = Known::of(&edited.draft.files);
    let title = |path: &str| -> Option<String> {
        let topic = path.strip_prefix("criteria/")?.strip_suffix(".yaml")?;
        let topic = topic.strip_suffix("_test").unwrap_or(topic);
        known.topics().iter().find(|known| known.value == topic).map(|known| known.says.clone())
    };
    let row = |file: &&RuleFile| {
        let path = &file.path;
        Row {
            title: title(path).unwrap_or_else(|| called(path)),
            path: path.clone(),
            entries: has_forms(path).then(|| edited.address("entries", path, None)),
            text: edited.address("text", path, None),
        }
    };
    let at_the_root = |path: &str| !path.contains('/') && path.ends_with(".yaml");
    let is_topic = |path: &str| path.starts_with("criteria/") && !path.ends_with("_test.yaml");
    let of = |title, is: &dyn Fn(&str) -> bool| {
        let mut rows: Vec<Row> =
            edited.draft.files.iter().filter(|file| is(&file.path)).map(|file| row(&file)).collect();
        rows.sort_by_key(|row| row.title.clone());
        Group { title, rows }
    };
    let groups = [
        of("Topics: their questions and criteria", &is_topic),
        of("The framework, thresholds, actions and letters", &at_the_root),
        of("Examples", &|path| path.ends_with("_test.yaml")),
        of("Everything else", &|path| {
            !at_the_root(path) && !path.starts_with("criteria/") && !path.starts_with("schemas/")
        }),
    ];
    let groups: Vec<Group> = groups.into_iter().filter(|group| !group.rows.is_empty()).collect();
    let page = view! { home => edited.home, draft => edited.draft.listed.title, groups };
    asked.page("rule_files.html", "Edit the rules of this draft", page)
}

/// Whether the entries of a file have forms.
fn has_forms(path: &str) -> bool {
    const WITH_FORMS: [&str; 6] =
        ["framework.yaml", "thresholds.yaml", "actions.yaml", "code_lists.yaml", "letters.yaml", "guarantees.yaml"];
    WITH_FORMS.contains(&path) || (path.starts_with("criteria/") && path.ends_with(".yaml"))
}

/// What a file that is no topic's is called.
fn called(path: &str) -> String {
    match path {
        "framework.yaml" => "Framework and levels",
        "thresholds.yaml" => "Thresholds and modifiers",
        "actions.yaml" => "Actions and considerations",
        "code_lists.yaml" => "Code lists",
        "letters.yaml" => "Words for letters",
        "guarantees.yaml" => "Guarantees",
        other => other,
    }
    .to_owned()
}

/// Entries of one kind.
#[derive(Debug, Serialize)]
struct Listed {
    heading: String,
    rows: Vec<(String, String, String)>,
}

pub(super) fn entries(asked: &Asked) -> Answered {
    let edited = Edited::find(asked)?;
    let file = edited.file(&asked.query)?;
    let editable = match Editable::read(file) {
        Ok(Some(editable)) => editable,
        // Problems of the whole file are mended where it is text.
        Ok(None) | Err(_) => return Ok(Answer::SeeOther(edited.address("text", &file.path, None))),
    };
    let mut groups: Vec<Listed> = Vec::new();
    for entry in editable.entries() {
        let row = (edited.address("entry", &file.path, Some(&entry.at)), entry.says, entry.id);
        match groups.last_mut().filter(|group| group.heading == entry.list) {
            Some(group) => group.rows.push(row),
            None => groups.push(Listed { heading: entry.list, rows: vec![row] }),
        }
    }
    let is_examples = file.path.ends_with("_test.yaml");
    let page = view! {
        home => edited.home,
        files => format!("{}/files", edited.home),
        draft => edited.draft.listed.title,
        title => title_of(&edited, &file.path, &editable),
        path => file.path,
        groups,
        text => edited.address("text", &file.path, None),
        add => is_examples.then(|| edited.address("example", &file.path, None)),
    };
    asked.page("rule_entries.html", &title_of(&edited, &file.path, &editable), page)
}

/// What a file is called on a page.
pub(super) fn title_of(edited: &Edited, path: &str, editable: &Editable) -> String {
    let Some(topic) = path.strip_prefix("criteria/").and_then(|name| name.strip_suffix("_test.yaml")) else {
        return if path.starts_with("criteria/") { editable.title().to_owned() } else { called(path) };
    };
    let known = Known::of(&edited.draft.files);
    let topic = known.topics().iter().find(|known| known.value == topic).map_or(topic, |known| known.says.as_str());
    format!("Examples: {topic}")
}

fn text_field() -> Field {
    Field::new("text", "The file as text", Asks::Text(MAX_FILE_BYTES)).hint("YAML, or the script itself")
}

pub(super) fn text(asked: &Asked) -> Answered {
    let edited = Edited::find(asked)?;
    let file = edited.file(&asked.query)?;
    let text = as_text(file);
    let saved = problems_of(&edited.draft.files, &file.path);
    show_text(asked, &edited, file, &text, &digest(&text), &[], &saved)
}

pub(super) fn save_text(asked: &Asked) -> Answered {
    let edited = Edited::find(asked)?;
    let file = edited.file(&asked.entered)?;
    let field = text_field();
    // A form's lines end as Windows writes them, and a file ends with a line end.
    let mut typed = asked.entered.one("text").unwrap_or_default().replace("\r\n", "\n").trim_end().to_owned();
    typed.push('\n');
    asked.entered.read(std::slice::from_ref(&field), &BESIDES)?;
    let shown = asked.entered.one("shown").unwrap_or_default();
    let here = |says: String| vec![Wrong { key: "text".to_owned(), says }];
    if typed.len() > MAX_FILE_BYTES {
        let says = format!("The file is too large: {} bytes, and at most {MAX_FILE_BYTES} are read", typed.len());
        return show_text(asked, &edited, file, &typed, shown, &here(says), &[]);
    }
    let now = digest(&as_text(file));
    let moved = "Somebody else saved this file meanwhile. What you typed stands here and is not saved; save again to put \
                 it in the place of theirs";
    if shown != now {
        return show_text(asked, &edited, file, &typed, &now, &here(moved.to_owned()), &[]);
    }
    let mut files = edited.draft.files.clone();
    if let Some(own) = files.iter_mut().find(|own| own.path == file.path) {
        own.bytes = typed.clone().into_bytes();
    }
    // An author may stop half-way: what is typed is kept with its problems, unless it no longer reads at all.
    let unread = unread(&files, &file.path);
    if !unread.is_empty() {
        let says = "This cannot be read as a rule file and is not saved. What is wrong is listed above it";
        return show_text(asked, &edited, file, &typed, shown, &here(says.to_owned()), &unread);
    }
    if !edited.save(asked, &files)? {
        return show_text(asked, &edited, file, &typed, &now, &here(moved.to_owned()), &[]);
    }
    Ok(Answer::SeeOther(edited.home))
}

fn show_text(
    asked: &Asked,
    edited: &Edited,
    file: &RuleFile,
    text: &str,
    shown: &str,
    wrong: &[Wrong],
    problems: &[Diagnostic],
) -> Answered {
    let problems: Vec<_> = problems.iter().take(PROBLEMS_SHOWN).map(problem).collect();
    let has_forms = has_forms(&file.path);
    let page = view! {
        home => edited.home,
        draft => edited.draft.listed.title,
        path => file.path,
        action => format!("{}/text", edited.home),
        back => if has_forms { edited.address("entries", &file.path, None) } else { format!("{}/files", edited.home) },
        shown,
        problems,
        form => shown_below(&[text_field()], &[vec![text.to_owned()]], wrong),
    };
    match wrong {
        [] => asked.page("rule_text.html", &format!("Edit {} as text", file.path), page),
        _ => {
            let title = format!("Error: Edit {} as text", file.path);
            asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_text.html", &title, page)
        }
    }
}

/// A problem as the page shows it.
pub(super) fn problem(problem: &Diagnostic) -> serde_json::Value {
    let place = problem.place.as_ref();
    view! {
        is_error => problem.severity == Severity::Error,
        message => problem.message,
        line => place.map(|place| place.line),
        excerpt => place.map(|place| place.excerpt.clone()).filter(|excerpt| !excerpt.is_empty()),
        help => problem.help,
    }
}

/// Every problem of one file, as the loader tells it.
pub(super) fn problems_of(files: &[RuleFile], path: &str) -> Vec<Diagnostic> {
    let is_here = |problem: &Diagnostic| problem.place.as_ref().is_some_and(|place| place.file == path);
    load(files).problems.into_iter().filter(is_here).collect()
}

/// Why a YAML file is not read at all.
fn unread(files: &[RuleFile], path: &str) -> Vec<Diagnostic> {
    let file = files.iter().find(|file| file.path == path && path.ends_with(".yaml"));
    let text = file.and_then(|file| std::str::from_utf8(&file.bytes).ok());
    text.and_then(|text| crate::revise::plain(path, text).err()).unwrap_or_default()
}

fn as_text(file: &RuleFile) -> String {
    String::from_utf8_lossy(&file.bytes).into_owned()
}

fn digest(text: &str) -> String {
    crate::criteria::digest_of(text.as_bytes())
}
