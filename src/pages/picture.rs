//! The windscreen: the continuum of need as a fan of levels, with where this child is, or may be, marked.

use std::fmt::Write as _;

use crate::ladder::fan::Fan;
use crate::ladder::{Ladder, Rank};

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 232.0;
const OUTER: f64 = 200.0;
const INNER: f64 = 95.0;

/// The picture as SVG. What it shows is also said in words, in its description and under it.
pub(super) fn windscreen(ladder: &Ladder, at_least: Rank, at_most: Rank, id: &str) -> String {
    let says = if at_least == at_most {
        format!("Level {at_least} of {}.", ladder.highest())
    } else {
        format!("At least level {at_least}, and could be level {at_most}, of {}.", ladder.highest())
    };
    let mut svg = format!(
        r#"<svg class="ws-picture" role="img" aria-labelledby="{id}-title" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" xmlns="http://www.w3.org/2000/svg"><title id="{id}-title">The windscreen of need. {says}</title>"#
    );
    for level in ladder.levels() {
        sector(&mut svg, level.rank, ladder.highest(), at_least, at_most);
    }
    let below =
        if at_least == at_most { format!("Level {at_least}") } else { format!("Level {at_least} to {at_most}") };
    let (x, y) = (WIDTH / 2.0, HEIGHT - 34.0);
    // Writing to a string cannot fail.
    let _ = write!(svg, r#"<text class="ws-strong" x="{x}" y="{y}" text-anchor="middle">{below}</text></svg>"#);
    svg
}

fn sector(svg: &mut String, rank: Rank, of: Rank, at_least: Rank, at_most: Rank) {
    let fan = Fan { centre: (WIDTH / 2.0, HEIGHT - 20.0), outer: OUTER, inner: INNER, of };
    let is_here = rank == at_least;
    let is_possible = (at_least..=at_most).contains(&rank);
    let (fill, line, text) = match (is_here, is_possible) {
        (true, _) => ("#1a3d5c", "", "#ffffff"),
        (false, true) => ("#bcd4ea", r#" stroke-dasharray="6 4""#, "#0b0c0c"),
        (false, false) => ("#ffffff", "", "#0b0c0c"),
    };
    let ((x, y), segment) = (fan.middle(rank), fan.segment(rank));
    let _ = write!(
        svg,
        r##"<path class="{marked}" d="{segment}" fill="{fill}" stroke="#0b0c0c" stroke-width="2"{line}/><text class="{class}" x="{x:.1}" y="{:.1}" fill="{text}" text-anchor="middle">{rank}</text>"##,
        y + 7.0,
        marked = if is_here { "ws-marked" } else { "" },
        class = if is_here { "ws-strong ws-here" } else { "" },
    );
}
