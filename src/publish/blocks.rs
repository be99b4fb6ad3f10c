//! What the document is made of: sections of paragraphs, lists and tables, the same for every form that it takes.
//!
//! Text is kept as it was written; only the templates escape.

use serde::Serialize;

/// A whole document.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    pub title: String,
    /// Which document of that title it is, where it is not the threshold document.
    pub subtitle: &'static str,
    /// Whose it is, which version, from when: names and what they say.
    pub about: Vec<(&'static str, String)>,
    /// What stands on every page of an example.
    pub warning: Option<&'static str>,
    /// What is printed at the foot of every page.
    pub foot: String,
    pub kind: Kind,
    pub sections: Vec<Section>,
}

/// How a document begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// With what is done while a child is in danger.
    Thresholds,
    /// On one page, without contents.
    Guide,
    /// With what it is: it is made beside the threshold document, and nobody looks there in an emergency.
    Beside,
}

/// A part of the document under a heading of its own.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    pub id: String,
    pub heading: String,
    /// Whether it begins a page of paper.
    pub begins_page: bool,
    pub blocks: Vec<Block>,
}

/// One thing below another.
#[derive(Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Block {
    /// A heading under that of the section.
    Heading { text: String },
    /// A paragraph.
    Paragraph { text: Text },
    /// A paragraph that nobody should pass over.
    Important { text: Text },
    /// What stands in no order.
    List { items: Vec<Text> },
    /// Short words in columns.
    Columns { items: Vec<Text> },
    /// Names and what is said of each.
    Facts { caption: String, rows: Vec<(String, Vec<Text>)> },
    /// A table.
    Table(Table),
    /// The levels as a windscreen.
    Picture(Picture),
}

/// A table; the first cell of every row is its header.
#[derive(Debug, Default, Serialize)]
pub(super) struct Table {
    /// How wide its columns are, where that is not as of entries: the name of a style.
    pub style: &'static str,
    pub caption: String,
    pub columns: Vec<&'static str>,
    pub groups: Vec<Group>,
}

/// Rows that belong together.
#[derive(Debug, Default, Serialize)]
pub(super) struct Group {
    pub heading: Option<String>,
    pub rows: Vec<Row>,
}

/// A row; where it is an entry of the rules, which one.
#[derive(Debug, Default, Serialize)]
pub(super) struct Row {
    pub entry: Option<Anchor>,
    /// Lines of each cell.
    pub cells: Vec<Vec<Text>>,
}

/// Where an entry stands.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Anchor {
    /// The entry's id.
    pub id: String,
    /// The answers that it is about, of a question.
    pub answers: Vec<String>,
    /// What links lead to.
    pub place: String,
}

/// A line of text, some of which leads elsewhere or is strong.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Text {
    pub parts: Vec<Part>,
    /// Whether it adds to what stands above it.
    pub is_small: bool,
}

/// Some words.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Part {
    pub text: String,
    pub to: Option<String>,
    pub is_strong: bool,
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::default().and(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Text {
    /// A line that adds to what stands above it.
    pub fn small(text: impl AsRef<str>) -> Self {
        Self { is_small: true, ..Self::from(text.as_ref()) }
    }

    pub fn strong(text: &str) -> Self {
        Self::default().and_strong(text)
    }

    pub fn and(mut self, text: &str) -> Self {
        if text.is_empty() {
            return self;
        }
        self.parts.push(Part { text: text.to_owned(), ..Part::default() });
        self
    }

    /// Strong words. What follows on them is never strong, nor is the space before it: a mark of Markdown stands at a word.
    pub fn and_strong(mut self, text: &str) -> Self {
        let words = text.trim();
        self.parts.push(Part { text: words.to_owned(), is_strong: true, to: None });
        if text.ends_with(' ') { self.and(" ") } else { self }
    }

    pub fn and_link(mut self, text: &str, to: &str) -> Self {
        self.parts.push(Part { text: text.to_owned(), is_strong: false, to: Some(to.to_owned()) });
        self
    }

    /// Several links, as a list in a line.
    pub fn and_links(self, links: impl IntoIterator<Item = (String, String)>) -> Self {
        self.and_links_by(", ", links)
    }

    /// The same with something else between them.
    pub fn and_links_by(self, between: &str, links: impl IntoIterator<Item = (String, String)>) -> Self {
        links.into_iter().enumerate().fold(self, |text, (place, (says, to))| {
            let text = if place == 0 { text } else { text.and(between) };
            text.and_link(&says, &to)
        })
    }

    /// The same, leading nowhere: for a document that has no such place.
    pub fn unlinked(mut self) -> Self {
        self.parts.iter_mut().for_each(|part| part.to = None);
        self
    }

    /// What follows on it.
    pub fn and_text(mut self, text: Self) -> Self {
        self.parts.extend(text.parts);
        self
    }

    /// Its words alone.
    pub fn words(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

impl Block {
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading { text: text.into() }
    }

    pub fn paragraph(text: impl Into<Text>) -> Self {
        Self::Paragraph { text: text.into() }
    }

    pub fn list<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List { items: items.into_iter().map(Into::into).collect() }
    }

    /// A table of rows that stand in no groups.
    pub fn table(caption: &str, columns: Vec<&'static str>, rows: Vec<Row>) -> Self {
        Self::Table(Table {
            caption: caption.to_owned(),
            columns,
            groups: vec![Group { heading: None, rows }],
            style: "",
        })
    }
}

impl Row {
    /// A row that is no entry of the rules, a line a cell.
    pub fn of<const CELLS: usize>(cells: [Text; CELLS]) -> Self {
        Self { entry: None, cells: cells.into_iter().map(|cell| vec![cell]).collect() }
    }
}

/// The levels as a windscreen.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    /// What it shows, for whoever does not see it.
    pub says: String,
    pub segments: Vec<Segment>,
}

/// A level in the picture.
#[derive(Debug, Serialize)]
pub(super) struct Segment {
    pub path: String,
    pub fill: String,
    pub is_protection: bool,
    pub lines: Vec<Line>,
}

/// A line of words in the picture.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub x: String,
    pub y: String,
    pub text: String,
    pub is_number: bool,
}

/// What is said where the rules say nothing.
pub(super) const NOT_SAID: &str = "Not said by the rules";

/// What an author wrote, or that nobody wrote anything.
pub(super) fn said(text: &str) -> Text {
    if text.trim().is_empty() { Text::from(NOT_SAID) } else { Text::from(text.trim()) }
}

pub(super) fn part(id: &str, heading: &str, blocks: Vec<Block>) -> Section {
    Section { id: format!("part-{id}"), heading: heading.to_owned(), begins_page: false, blocks }
}
