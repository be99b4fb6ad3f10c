//! What only the council can say: marked where it is missing, and listed at the beginning from the marks alone.

use super::blocks::{Block, Section, Text, part};

/// What a gap begins with.
pub const GAP: &str = "To be filled in by the council:";

/// What is missing here.
pub(super) fn gap(what: &str) -> Text {
    Text::strong(GAP).and(&format!(" {what}"))
}

/// The same in a paragraph of its own.
pub(super) fn missing(what: &str) -> Block {
    Block::Paragraph { text: gap(what) }
}

/// Every gap of some sections, each leading to its section; nothing where there is none.
pub(super) fn listed(sections: &[Section]) -> Option<Section> {
    let items: Vec<Text> = sections.iter().flat_map(of_section).collect();
    if items.is_empty() {
        return None;
    }
    let says = format!(
        "This draft is made from the rules. What only the council can say is marked “{GAP}” where it belongs. {} to be filled in before anybody publishes or signs it:",
        if items.len() == 1 { "This is".to_owned() } else { format!("These {} are", items.len()) }
    );
    Some(part("gaps", "What is still to be filled in", vec![Block::paragraph(says), Block::List { items }]))
}

fn of_section(section: &Section) -> Vec<Text> {
    let mut under = section.heading.as_str();
    let mut found = Vec::new();
    for block in &section.blocks {
        if let Block::Heading { text } = block {
            under = text;
        }
        let gaps = texts(block).into_iter().filter_map(what);
        found.extend(gaps.map(|what| Text::default().and_link(&what, &section.id).and(&format!(" ({under})"))));
    }
    found
}

/// What is missing, where a text marks a gap.
fn what(text: &Text) -> Option<String> {
    text.words().strip_prefix(GAP).map(|what| what.trim().to_owned())
}

/// Every line of a block.
fn texts(block: &Block) -> Vec<&Text> {
    match block {
        Block::Heading { .. } | Block::Picture(_) => Vec::new(),
        Block::Paragraph { text } | Block::Important { text } => vec![text],
        Block::List { items } | Block::Columns { items } => items.iter().collect(),
        Block::Facts { rows, .. } => rows.iter().flat_map(|(_, lines)| lines).collect(),
        Block::Table(table) => {
            let rows = table.groups.iter().flat_map(|group| &group.rows);
            rows.flat_map(|row| &row.cells).flatten().collect()
        }
    }
}
