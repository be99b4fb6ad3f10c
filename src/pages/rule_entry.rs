//! One question, criterion, threshold, action, level or example of a draft, as a form.

use axum::http::StatusCode;
use serde_json::Value;

use super::asked::{Answer, Answered, Asked, Refused, TOKEN};
use super::fields::shown_below;
use super::rule_files::{Edited, title_of};
use crate::criteria::RuleFile;
use crate::form::{Entered, Field, Wrong};
use crate::revise::{Change, Editable, Entry, Known, Offered, Refusal, What, apply, changes};

/// What an entry's form carries beside its fields.
const BESIDES: [&str; 4] = [TOKEN, "file", "at", "do"];
/// What the name of an input that says what its field showed begins with.
const SHOWN: &str = "was:";
/// A heading of more characters is a paragraph.
const MOST_IN_A_HEADING: usize = 120;

/// An entry that is edited.
struct Page {
    edited: Edited,
    file: RuleFile,
    editable: Editable,
    entry: Entry,
    offered: Vec<Offered>,
}

impl Page {
    /// Nothing where the entry is gone.
    fn find(asked: &Asked, sent: &Entered) -> Result<Option<Self>, Refused> {
        let edited = Edited::find(asked)?;
        let file = edited.file(sent)?.clone();
        let at = sent.one("at").unwrap_or_default();
        let Ok(Some(editable)) = Editable::read(&file) else { return Ok(None) };
        let known = Known::of(&edited.draft.files);
        let entry = editable.entries().into_iter().find(|entry| entry.at == at);
        let offered = editable.fields(&known, at);
        Ok(entry.zip(offered).map(|(entry, offered)| Self { edited, file, editable, entry, offered }))
    }

    fn fields(&self) -> Vec<Field> {
        self.offered.iter().map(|one| one.field.clone()).collect()
    }

    /// What was entered; of a field that was left alone, what stands there now.
    fn merged(&self, shown: &[Option<Vec<String>>], values: &[Vec<String>]) -> Vec<Vec<String>> {
        let one = |((offered, shown), entered): ((&Offered, &Option<Vec<String>>), &Vec<String>)| {
            if shown.as_ref() == Some(entered) { offered.now.clone() } else { entered.clone() }
        };
        self.offered.iter().zip(shown).zip(values).map(one).collect()
    }

    /// The page with what was entered. What each field showed is what stands there now.
    fn show(&self, asked: &Asked, values: &[Vec<String>], wrong: &[Wrong], lost: &[(String, String)]) -> Answered {
        let shown = self.offered.iter().map(|one| (format!("{SHOWN}{}", one.field.key), as_json(&one.now)));
        let is_example = self.file.path.ends_with("_test.yaml");
        let page = view! {
            home => self.edited.home,
            draft => self.edited.draft.listed.title,
            title => title_of(&self.edited, &self.file.path, &self.editable),
            back => self.edited.address("entries", &self.file.path, None),
            text => self.edited.address("text", &self.file.path, None),
            action => format!("{}/entry", self.edited.home),
            file => self.file.path,
            at => self.entry.at,
            called => self.entry.called,
            id => self.entry.id,
            says => in_short(&self.entry.says),
            shown => shown.collect::<Vec<_>>(),
            lost,
            remove => is_example.then(|| self.edited.address("remove", &self.file.path, Some(&self.entry.at))),
            form => shown_below(&self.fields(), values, wrong),
        };
        let heading = format!("{}: {}", self.entry.called, in_short(&self.entry.says));
        if wrong.is_empty() && lost.is_empty() {
            return asked.page("rule_entry.html", &heading, page);
        }
        let title = format!("Error: {heading}");
        asked.page_as(StatusCode::UNPROCESSABLE_ENTITY, "rule_entry.html", &title, page)
    }
}

/// The beginning of a story, as a heading.
fn in_short(says: &str) -> String {
    let mut short = String::new();
    for word in says.split_whitespace() {
        if short.chars().count() + word.chars().count() > MOST_IN_A_HEADING {
            return format!("{short} …");
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

fn now(offered: &[Offered]) -> Vec<Vec<String>> {
    offered.iter().map(|one| one.now.clone()).collect()
}

/// What a field showed, as an input carries it.
fn as_json(values: &[String]) -> String {
    // Plain data: it always serialises.
    serde_json::to_string(values).unwrap_or_default()
}

pub(super) fn page(asked: &Asked) -> Answered {
    let page = Page::find(asked, &asked.query)?.ok_or(Refused::NotFound)?;
    page.show(asked, &now(&page.offered), &[], &[])
}

pub(super) fn save(asked: &Asked) -> Answered {
    let Some(page) = Page::find(asked, &asked.entered)? else {
        return gone(asked);
    };
    let fields = page.fields();
    let (typed, lost) = still_there(&asked.entered, &fields);
    let values = typed.read(&fields, &BESIDES)?;
    let shown = shown(&asked.entered, &fields);
    let kept = page.merged(&shown, &values);
    if !lost.is_empty() {
        return page.show(asked, &kept, &[], &lost);
    }
    let made = match changes(&page.file.path, &page.offered, &shown, &values) {
        Ok(made) => made,
        Err(wrong) => return page.show(asked, &kept, &wrong, &[]),
    };
    if made.is_empty() {
        return Ok(Answer::SeeOther(page.edited.home));
    }
    let files = match apply(&page.edited.draft.files, &made) {
        Ok(files) => files,
        Err(refused) => {
            let told = refused.iter().map(|one| told(&fields, made.get(one.change), &one.why));
            return page.show(asked, &kept, &told.collect::<Vec<_>>(), &[]);
        }
    };
    if page.edited.save(asked, &files)? {
        return Ok(Answer::SeeOther(page.edited.home));
    }
    // Somebody saved this draft in the same moment: the page is made again of theirs, with what was typed here.
    let again = Page::find(asked, &asked.entered)?;
    let Some(again) = again else { return gone(asked) };
    let moved = Wrong {
        key: again.fields().first().map(|field| field.names()[0].clone()).unwrap_or_default(),
        says:
            "Somebody else saved this draft at the same time. What you entered stands here and is not saved; save again"
                .to_owned(),
    };
    let fields = again.fields();
    let (typed, lost) = still_there(&asked.entered, &fields);
    let kept = again.merged(&self::shown(&asked.entered, &fields), &typed.read(&fields, &BESIDES)?);
    again.show(asked, &kept, &[moved], &lost)
}

/// What each field showed when the page was made, where it says so.
fn shown(entered: &Entered, fields: &[Field]) -> Vec<Option<Vec<String>>> {
    let one = |field: &Field| serde_json::from_str(entered.one(&format!("{SHOWN}{}", field.key))?).ok();
    fields.iter().map(one).collect()
}

/// Whether something was typed or chosen in an input, and not only sent along.
fn was_touched(entered: &Entered, name: &str, value: &str) -> bool {
    let shown = entered.one(&format!("{SHOWN}{name}"));
    let shown = shown.and_then(|shown| serde_json::from_str::<Vec<String>>(shown).ok()).unwrap_or_default();
    !value.is_empty() && !shown.contains(&value.replace("\r\n", "\n"))
}

/// What was entered in fields that are still there, and what was entered in others, which somebody else removed.
fn still_there(entered: &Entered, fields: &[Field]) -> (Entered, Vec<(String, String)>) {
    let is_known = |name: &String| {
        BESIDES.contains(&name.as_str()) || fields.iter().any(|field| field.names().iter().any(|known| known == name))
    };
    let mine = entered.0.iter().filter(|(name, _)| !name.starts_with(SHOWN));
    let (known, unknown): (Vec<_>, Vec<_>) = mine.cloned().partition(|(name, _)| is_known(name));
    let changed = |(name, value): &(String, String)| was_touched(entered, name, value);
    let typed = Entered(known);
    (typed.still_asked(fields, &BESIDES), unknown.into_iter().filter(changed).collect())
}

/// The entry is gone: what was typed is shown, so that it can be put elsewhere.
fn gone(asked: &Asked) -> Answered {
    let edited = Edited::find(asked)?;
    let file = edited.file(&asked.entered)?;
    let mine = |name: &str| !name.starts_with(SHOWN) && !BESIDES.contains(&name);
    let typed = asked.entered.0.iter().filter(|(name, value)| mine(name) && was_touched(&asked.entered, name, value));
    let typed: Vec<_> = typed.cloned().collect();
    let page = view! {
        draft => edited.draft.listed.title,
        back => edited.address("entries", &file.path, None),
        typed,
    };
    let title = "Error: This is not there any more";
    asked.page_as(StatusCode::CONFLICT, "rule_entry_gone.html", title, page)
}

/// Why a change was refused, beside the field that it came from.
fn told(fields: &[Field], change: Option<&Change>, why: &Refusal) -> Wrong {
    let at = change.map_or("", |change| change.at.as_str());
    // The field is the one named like the change, or around it, or inside of it.
    let near = |field: &&Field| field.key == at || at.starts_with(&format!("{}/", field.key));
    let inside = |field: &&Field| field.key.starts_with(at) && !at.is_empty();
    let field = fields.iter().find(near).or_else(|| fields.iter().find(inside)).or_else(|| fields.first());
    let key = field.map(|field| field.names()[0].clone()).unwrap_or_default();
    let says = match why {
        Refusal::InText(_) => {
            "This cannot be changed here without touching a comment or what is around it: change it in the text of the file"
                .to_owned()
        }
        why => super::fields::capital(&why.to_string()).replace('`', ""),
    };
    let of = field.map(|field| format!("{}: ", field.says)).unwrap_or_default();
    Wrong { key, says: format!("{of}{says}") }
}

/// Asks whether an example is to go.
pub(super) fn ask_to_remove(asked: &Asked) -> Answered {
    let page = Page::find(asked, &asked.query)?.ok_or(Refused::NotFound)?;
    show_remove(asked, &page, &[])
}

fn show_remove(asked: &Asked, page: &Page, wrong: &[&str]) -> Answered {
    let was = page.editable.value(&page.entry.at).map(Value::to_string);
    let shown = view! {
        draft => page.edited.draft.listed.title,
        back => page.edited.address("entry", &page.file.path, Some(&page.entry.at)),
        action => format!("{}/remove", page.edited.home),
        file => page.file.path,
        at => page.entry.at,
        was,
        id => page.entry.id,
        says => page.entry.says,
        wrong,
    };
    let (status, title) = if wrong.is_empty() {
        (StatusCode::OK, "Remove this example?")
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, "Error: Remove this example?")
    };
    asked.page_as(status, "rule_example_remove.html", title, shown)
}

pub(super) fn remove(asked: &Asked) -> Answered {
    let page = Page::find(asked, &asked.entered)?.ok_or(Refused::NotFound)?;
    if !page.file.path.ends_with("_test.yaml") || page.entry.at.is_empty() {
        return Err(Refused::NotFound);
    }
    let was = asked.entered.one("was").and_then(|was| serde_json::from_str(was).ok()).unwrap_or_default();
    let change = Change { file: page.file.path.clone(), at: page.entry.at.clone(), what: What::Remove { was } };
    let refused = match apply(&page.edited.draft.files, &[change]) {
        Ok(files) => {
            if page.edited.save(asked, &files)? {
                return Ok(Answer::SeeOther(page.edited.home));
            }
            "Somebody else saved this draft at the same time. Remove it again if it is still to go"
        }
        Err(refused) if refused.iter().any(|one| matches!(one.why, Refusal::Stale { .. })) => {
            "Somebody else changed this example meanwhile. It reads as below now; remove it again if it is still to go"
        }
        Err(_) => "It cannot be removed here without touching a comment: remove it in the text of the file",
    };
    show_remove(asked, &page, &[refused])
}
