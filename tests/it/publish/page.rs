//! A page of HTML, read strictly: every element is closed, every attribute quoted, everything else is text.

use crate::pages::browser::unescaped;

/// Elements that are never closed.
const VOID: [&str; 2] = ["meta", "path"];

/// What a page is made of, in the order of its beginnings.
#[derive(Debug, Default)]
pub struct Page {
    pub elements: Vec<Element>,
}

/// An element with everything that is in it.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    /// Its text and that of all in it.
    pub text: String,
    /// The section that it stands in.
    pub section: String,
    /// The caption of the table that it stands in.
    pub caption: String,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    pub fn is(&self, id: &str) -> bool {
        self.attribute("id").as_deref() == Some(id)
    }

    /// The level of a heading.
    pub fn heading(&self) -> Option<u8> {
        self.name.strip_prefix('h').and_then(|level| level.parse().ok())
    }
}

impl Page {
    pub fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a page begins with its type");
        let mut open: Vec<usize> = Vec::new();
        let mut caption = String::new();
        while let Some(at) = rest.find('<') {
            page.add_text(&open, &rest[..at]);
            let end = at + tag_end(&rest[at..]);
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                let closed = open.pop().expect("what is closed was open");
                assert_eq!(page.elements[closed].name, name, "elements are closed in order");
                if name == "caption" {
                    caption.clone_from(&page.elements[closed].text);
                }
                continue;
            }
            let section = open.iter().rev().map(|place| &page.elements[*place]).find(|one| one.name == "section");
            let section = section.and_then(|section| section.attribute("id")).unwrap_or_default();
            let is_in_table = open.iter().any(|place| page.elements[*place].name == "table");
            let caption = if is_in_table { caption.clone() } else { String::new() };
            let element = Element { section, caption, ..element(tag.trim_end_matches('/')) };
            let name = element.name.clone();
            page.elements.push(element);
            if !VOID.contains(&name.as_str()) {
                open.push(page.elements.len() - 1);
            }
            if name == "style" {
                // Styles are no text; nothing in them may close them.
                let end = rest.find("</style>").expect("styles are closed");
                rest = &rest[end..];
            }
        }
        assert!(open.is_empty(), "everything is closed");
        page
    }

    /// The text of a section, by its id.
    pub fn text_of(&self, id: &str) -> &str {
        &self.elements.iter().find(|element| element.is(id)).unwrap_or_else(|| panic!("no `{id}`")).text
    }

    fn add_text(&mut self, open: &[usize], text: &str) {
        assert!(!text.contains('>') && !text.contains('"'), "text is escaped: {text}");
        for (at, _) in text.match_indices('&') {
            assert!(text[at..].find(';').is_some_and(|end| end < 8), "text is escaped: {text}");
        }
        for place in open {
            self.elements[*place].text.push_str(&unescaped(text));
        }
    }
}

/// Where a tag ends: no `>` of a value does.
fn tag_end(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.char_indices().find(|(_, letter)| {
        is_quoted ^= *letter == '"';
        *letter == '>' && !is_quoted
    });
    end.expect("a tag ends").0
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "<{tag}>");
    let mut attributes: Vec<(String, String)> = Vec::new();
    while let Some((key, value)) = rest.split_once("=\"") {
        let (value, after) = value.split_once('"').expect("a value is quoted");
        assert!(
            !value.contains('<') && key.trim().chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        );
        attributes.push((key.trim().to_owned(), unescaped(value)));
        rest = after;
    }
    assert!(rest.trim().is_empty(), "<{tag}>");
    Element { name: name.to_owned(), attributes, ..Element::default() }
}
