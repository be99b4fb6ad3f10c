//! The ladder at a glance: a windscreen with a segment a level, in black and white.

use super::blocks::{Line, Picture, Segment};
use crate::ladder::fan::Fan;
use crate::ladder::{Ladder, LevelOfNeed, Rank};

/// Half of the picture's width in the template.
const MIDDLE: f64 = 330.0;
/// A letter of a name, on average.
const LETTER: f64 = 7.5;
const MOST_LINES: usize = 3;
/// The lightest grey but white, and how much darker each level is.
const GREY_FROM: u8 = 0xff;
const GREY_STEP: u8 = 0x0a;

/// The levels of a ladder.
pub(super) fn picture(ladder: &Ladder) -> Picture {
    let fan = Fan { centre: (MIDDLE, MIDDLE), outer: MIDDLE - 10.0, inner: 125.0, of: ladder.highest() };
    let levels: Vec<String> =
        ladder.levels().iter().map(|level| format!("level {}, {}", level.rank, level.name)).collect();
    let says = format!("The windscreen of need, from the least need on the left to the most: {}.", levels.join("; "));
    let names: Option<Vec<Vec<String>>> =
        ladder.levels().iter().map(|level| wrapped(&level.name, fan.width())).collect();
    let segment = |(place, level): (usize, &LevelOfNeed)| {
        // A name that does not fit stands in the table alone, and so do the others.
        let name = names.as_ref().map(|names| names[place].clone()).unwrap_or_default();
        Segment {
            path: fan.segment(level.rank),
            fill: grey(level.rank),
            is_protection: level.protection,
            lines: lines(fan.middle(level.rank), level.rank, name),
        }
    };
    Picture { says, segments: ladder.levels().iter().enumerate().map(segment).collect() }
}

fn grey(rank: Rank) -> String {
    let grey = GREY_FROM.saturating_sub(GREY_STEP.saturating_mul(rank - 1));
    format!("#{grey:02x}{grey:02x}{grey:02x}")
}

fn lines((x, y): (f64, f64), rank: Rank, name: Vec<String>) -> Vec<Line> {
    let line =
        |y: f64, text: String, is_number: bool| Line { x: format!("{x:.1}"), y: format!("{y:.1}"), text, is_number };
    let mut next = y - 8.0 * f64::from(u8::try_from(name.len()).unwrap_or(u8::MAX));
    let mut lines = vec![line(next + 8.0, rank.to_string(), true)];
    for words in name {
        next += 17.0;
        lines.push(line(next + 10.0, words, false));
    }
    lines
}

/// A name in a few lines that are no wider than they may be.
fn wrapped(name: &str, width: f64) -> Option<Vec<String>> {
    let fits =
        |words: &str| LETTER * f64::from(u16::try_from(words.chars().count()).unwrap_or(u16::MAX)) < width - 24.0;
    let mut lines: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        match lines.last_mut() {
            Some(line) if fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ if fits(word) => lines.push(word.to_owned()),
            _ => return None,
        }
    }
    (lines.len() <= MOST_LINES).then_some(lines)
}
