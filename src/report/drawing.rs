//! A figure as a picture, in black and white: bars of how a group divides, shares over time, shares by size.
//!
//! A picture is drawn from what its table tells, so that it gives nothing away.

use serde::Serialize;

use crate::figures::{Body, Cell, Figure, Shares, Table, limits};

const WIDTH: f64 = 720.0;
/// What labels take at the left of bars.
const LABELS: f64 = 250.0;
const BAR: f64 = 22.0;
const STEP: f64 = 30.0;
/// What a letter takes, on average.
const LETTER: f64 = 6.6;
/// A picture of shares: its height, and its margins.
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 60.0;
/// The greys of bars, the lightest first; no more categories than these are drawn.
const GREYS: [&str; 8] = ["#ffffff", "#e0e0e0", "#c2c2c2", "#a4a4a4", "#868686", "#686868", "#4a4a4a", "#2c2c2c"];

/// A picture.
#[derive(Debug, Serialize)]
pub struct Drawing {
    /// What it shows, to whoever does not see it.
    pub says: String,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// What it is drawn of, in order.
    pub shapes: Vec<Shape>,
}

/// A part of a picture.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A part of a bar.
    Bar {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
        /// How wide.
        width: f64,
        /// How high.
        height: f64,
        /// Its grey, or `hidden`.
        fill: &'static str,
    },
    /// A line.
    Way {
        /// As SVG writes it.
        path: String,
        /// How wide.
        width: f64,
        /// How it is broken, as SVG writes it.
        dashes: &'static str,
    },
    /// A group.
    Dot {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
        /// Whether it lies outside of what chance allows.
        is_outside: bool,
    },
    /// A text.
    Words {
        /// From the left.
        x: f64,
        /// From the top.
        y: f64,
        /// Which end stands there.
        anchor: &'static str,
        /// The text.
        text: String,
    },
}

/// The picture of a figure, where it has one.
pub fn drawing(figure: &Figure) -> Option<Drawing> {
    match &figure.body {
        Body::Table(table) if !table.columns_are.is_empty() && table.totals.is_some() => bars(figure, table),
        Body::Shares(shares) if shares.is_over_time => over_time(figure, shares),
        Body::Shares(shares) => by_size(figure, shares),
        _ => None,
    }
}

/// A bar a group: how its children divide. What is hidden is drawn together, hatched.
fn bars(figure: &Figure, table: &Table) -> Option<Drawing> {
    if table.columns.len() > GREYS.len() || table.columns.len() < 2 {
        return None;
    }
    let mut shapes = Vec::new();
    let (mut x, mut y) = (0.0, 16.0);
    let keys = table.columns.iter().map(String::as_str).zip(GREYS).chain([("Not told", "hidden")]);
    for (label, fill) in keys {
        let wide = 26.0 + LETTER * count(label) + 12.0;
        if x + wide > WIDTH {
            (x, y) = (0.0, y + 22.0);
        }
        shapes.push(Shape::Bar { x: round(x + 1.0), y: y - 12.0, width: 16.0, height: 16.0, fill });
        shapes.push(words(x + 22.0, y + 1.0, "start", label));
        x += wide;
    }
    let first = y + 22.0;
    let mut drawn = 0.0;
    for row in &table.rows {
        let Some(total) = row.total.filter(|total| *total > 0) else { continue };
        let top = first + STEP * drawn;
        drawn += 1.0;
        let label = shortened(&row.label, LABELS - 8.0);
        shapes.push(words(LABELS - 8.0, top + BAR - 6.0, "end", &format!("{label} ({total})")));
        let scale = (WIDTH - LABELS - 2.0) / total as f64;
        let mut at = LABELS;
        let mut part = |count: u64, fill: &'static str| {
            let width = count as f64 * scale;
            if count > 0 {
                shapes.push(Shape::Bar { x: round(at), y: round(top), width: round(width), height: BAR, fill });
            }
            at += width;
        };
        for (cell, fill) in row.counts.iter().zip(GREYS) {
            part(cell.count().unwrap_or(0), fill);
        }
        let told: u64 = row.counts.iter().filter_map(|cell| Cell::count(*cell)).sum();
        part(total - told, "hidden");
    }
    let says = format!(
        "Bars: {}, by {}. {} The table beneath says the same.",
        figure.title,
        table.rows_are.to_lowercase(),
        figure.finding
    );
    Some(Drawing { says, width: WIDTH, height: round(first + STEP * drawn + 4.0), shapes })
}

/// Where shares stand in a picture.
struct Plane {
    most_across: f64,
    most_up: f64,
}

impl Plane {
    /// High enough for every share and limit that is drawn.
    fn of(shares: &Shares, most_across: f64) -> Self {
        let drawn = shares.rows.iter().flat_map(|row| row.share.into_iter().chain(row.limits.map(|limits| limits[3])));
        let most = drawn.max().unwrap_or(100).max(shares.expected) as f64;
        Self { most_across, most_up: ((most / 100.0).ceil() * 100.0).clamp(100.0, 1000.0) }
    }

    fn x(&self, across: f64) -> f64 {
        round(LEFT + across / self.most_across * (WIDTH - LEFT - 16.0))
    }

    fn y(&self, up: f64) -> f64 {
        round(TOP + (1.0 - up.min(self.most_up) / self.most_up) * (HEIGHT - TOP - BOTTOM))
    }

    /// The axes, with a line and a percentage at each tenth.
    fn axes(&self, below: &str) -> Vec<Shape> {
        let (left, right, foot) = (LEFT, WIDTH - 16.0, self.y(0.0));
        let mut shapes = vec![Shape::Way { path: format!("M{left} {TOP}V{foot}H{right}"), width: 1.0, dashes: "" }];
        let step = if self.most_up > 500.0 { 200 } else { 100 };
        for up in (0..=self.most_up as u64).step_by(step) {
            let y = self.y(up as f64);
            shapes.push(words(left - 8.0, y + 4.0, "end", &format!("{} %", up / 10)));
            shapes.push(Shape::Way { path: format!("M{} {y}H{left}", left - 4.0), width: 1.0, dashes: "" });
        }
        shapes.push(words((left + right) / 2.0, HEIGHT - 6.0, "middle", below));
        shapes
    }

    fn expected(&self, shares: &Shares) -> Shape {
        let (left, right, y) = (LEFT, WIDTH - 16.0, self.y(shares.expected as f64));
        Shape::Way { path: format!("M{left} {y}H{right}"), width: 1.5, dashes: "" }
    }
}

/// One share after the other, each beside its own limits.
fn over_time(figure: &Figure, shares: &Shares) -> Option<Drawing> {
    let months = shares.rows.len() as f64;
    let plane = Plane::of(shares, months);
    let mut shapes = plane.axes(&format!("{} of children {}, by month", "Share", shares.share_of));
    shapes.push(plane.expected(shares));
    let mut way = String::new();
    for (place, row) in shares.rows.iter().enumerate() {
        let [from, middle, to] = [0.0, 0.5, 1.0].map(|part| plane.x(place as f64 + part));
        let label = row.label.split(' ').next().map(|month| month.chars().take(3).collect::<String>());
        shapes.push(words(middle, HEIGHT - BOTTOM + 18.0, "middle", &label.unwrap_or_default()));
        if let Some((_, version)) = shares.marks.iter().find(|(label, _)| *label == row.label) {
            let foot = plane.y(0.0);
            shapes.push(Shape::Way { path: format!("M{from} {TOP}V{foot}"), width: 1.0, dashes: "2 3" });
            shapes.push(words(from + 3.0, TOP - 6.0, "start", &format!("rules {version}")));
        }
        let (Some(share), Some(limits)) = (row.share, row.limits) else {
            way.clear();
            continue;
        };
        for (place, limit) in limits.into_iter().enumerate() {
            let y = plane.y(limit as f64);
            let dashes = if place % 3 == 0 { "" } else { "5 4" };
            shapes.push(Shape::Way { path: format!("M{from} {y}H{to}"), width: 1.0, dashes });
        }
        let y = plane.y(share as f64);
        if !way.is_empty() {
            shapes.push(Shape::Way { path: format!("{way}L{middle} {y}"), width: 1.5, dashes: "" });
        }
        way = format!("M{middle} {y}");
        shapes.push(Shape::Dot { x: middle, y, is_outside: row.is_outside() });
    }
    Some(drawn(figure, shapes))
}

/// A funnel: each share by how many children it is of, between limits that narrow.
fn by_size(figure: &Figure, shares: &Shares) -> Option<Drawing> {
    let told = || shares.rows.iter().filter_map(|row| Some((row, row.of?, row.share?)));
    let most = told().map(|(_, of, _)| of).max()?;
    let plane = Plane::of(shares, most as f64 * 1.08);
    let mut shapes = plane.axes("Children of the agency who were decided about");
    shapes.push(plane.expected(shares));
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].into_iter().find(|step| most / step <= 6).unwrap_or(5_000);
    for size in (0..=most).step_by(step as usize) {
        let (x, foot) = (plane.x(size as f64), plane.y(0.0));
        shapes.push(words(x, foot + 18.0, "middle", &size.to_string()));
        shapes.push(Shape::Way { path: format!("M{x} {foot}v4"), width: 1.0, dashes: "" });
    }
    let expected = shares.expected as f64 / 1000.0;
    let sizes: Vec<u64> = (1..=60).map(|step| (step * most * 108).div_ceil(6000)).filter(|size| *size > 0).collect();
    let bounds: Vec<_> = sizes.iter().map(|size| (*size, limits(*size, expected))).collect();
    type Limit = fn(&crate::figures::Limits) -> f64;
    let ways: [(Limit, &'static str); 4] =
        [(|of| of.lowest, ""), (|of| of.low, "5 4"), (|of| of.high, "5 4"), (|of| of.highest, "")];
    for (limit, dashes) in ways {
        let points =
            bounds.iter().map(|(size, of)| format!("{} {}", plane.x(*size as f64), plane.y(limit(of) * 1000.0)));
        shapes.push(Shape::Way { path: format!("M{}", points.collect::<Vec<_>>().join("L")), width: 1.0, dashes });
    }
    for (row, of, share) in told() {
        let (x, y) = (plane.x(of as f64), plane.y(share as f64));
        shapes.push(Shape::Dot { x, y, is_outside: row.is_outside() });
        if row.is_outside() {
            let anchor = if x > WIDTH / 2.0 { "end" } else { "start" };
            let beside = if x > WIDTH / 2.0 { x - 9.0 } else { x + 9.0 };
            shapes.push(words(beside, y + 4.0, anchor, &shortened(&row.label, 220.0)));
        }
    }
    Some(drawn(figure, shapes))
}

fn drawn(figure: &Figure, shapes: Vec<Shape>) -> Drawing {
    let says = format!("{}. {} The table beneath says the same.", figure.title, figure.finding);
    Drawing { says, width: WIDTH, height: HEIGHT, shapes }
}

fn words(x: f64, y: f64, anchor: &'static str, text: &str) -> Shape {
    Shape::Words { x: round(x), y: round(y), anchor, text: text.to_owned() }
}

fn shortened(text: &str, width: f64) -> String {
    let most = ((width - LETTER * 8.0) / LETTER) as usize;
    match text.chars().count() {
        length if length <= most => text.to_owned(),
        _ => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

fn count(text: &str) -> f64 {
    text.chars().count() as f64
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
